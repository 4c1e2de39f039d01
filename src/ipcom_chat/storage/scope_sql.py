"""Which entries a statement is about, in SQL: those of a scope that a filter lets pass."""

from ipcom_chat.domain.entry import Mode

_MODE_SQL: dict[Mode | None, str] = {
    None: "true",
    Mode.GLOBAL: "mode IN ('global', 'hybrid')",
    # What a user wrote for all is part of that user's history.
    Mode.USER: "user_id = :scope_user AND mode IN ('user', 'hybrid', 'global')",
    Mode.MACHINE: "machine_id = :scope_machine AND mode IN ('machine', 'hybrid')",
    Mode.HYBRID: (
        "(mode IN ('global', 'hybrid') OR (mode = 'user' AND user_id = :scope_user) "
        "OR (mode = 'machine' AND machine_id = :scope_machine))"
    ),
}
SCOPE_SQL: dict[Mode | None, str] = {
    mode: f"({condition} AND (:scope_private OR NOT private))"
    for mode, condition in _MODE_SQL.items()
}
"""By mode: the entries of a scope; bound by `scope_bindings`."""
FILTER_SQL = (
    "deleted_at IS NULL AND (:kind IS NULL OR kind = :kind) "
    "AND (:user_id IS NULL OR user_id = :user_id) "
    "AND (:session_id IS NULL OR session_id = :session_id) "
    "AND (:status IS NULL OR status = :status) "
    "AND created_at >= :since_ms AND created_at <= :until_ms"
)
"""The entries that a filter lets pass; bound by `filter_bindings`."""
