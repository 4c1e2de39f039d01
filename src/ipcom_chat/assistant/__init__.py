"""What answers a question: the team's knowledge and playbooks, or an AI."""
