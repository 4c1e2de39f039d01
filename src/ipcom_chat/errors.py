"""Every error that this program raises on purpose.

    IpcomChatError                 code            retryable
    ├── UsageError                 usage           no    what was asked for makes no sense
    ├── RemovalError               removal         no    what is to be uninstalled is in use
    ├── SettingsError              settings        no    a setting is missing or wrong
    ├── NotFoundError              not_found       no    no such entry, user, machine
    ├── AmbiguousIdError           ambiguous_id    no    a short id fits several entries
    ├── UserError                  user            no    the rules of users
    │   ├── InvalidUserError       user_invalid    no
    │   ├── DuplicateUserError     user_duplicate  no
    │   ├── UnknownUserError       user_unknown    no
    │   └── InactiveUserError      user_inactive   no
    ├── StorageError               storage         no    the replica on this machine
    │   ├── StorageBusyError       storage_busy    yes   another process held the lock too long
    │   ├── StorageFullError       storage_full    yes   no space left on the disk
    │   ├── StorageReadOnlyError   storage_ro      no
    │   ├── StorageCorruptError    storage_corrupt no
    │   ├── SchemaTooNewError      schema_too_new  no
    │   └── FileSystemError        file_system     no    WAL does not work there
    ├── AssistantError             assistant       no    an assistant could not answer
    │   ├── AssistantBusyError     assistant_busy  yes   rate limit, overload, time-out
    │   ├── AssistantQuotaError    assistant_quota no    no credit or quota left
    │   └── AssistantSetupError    assistant_setup no    key, address, model or package missing
    ├── RefusedError               refused         no    a rule or the person does not let it run
    ├── PlaybookError              playbook        no    a playbook file is not valid
    ├── PrimaryError               primary         no    the primary did not do what it was asked
    │   ├── PrimaryUnreachableError primary_unreachable yes  network, time-out, busy, overloaded
    │   ├── PrimaryAuthError       primary_auth    no    it does not accept the token
    │   ├── PrimaryReadOnlyError   primary_read_only no  it does not let this token write
    │   ├── PrimarySetupError      primary_setup   no    address, TLS, proxy, not a libSQL server
    │   ├── PrimaryTooLargeError   primary_too_large no  more in one piece than it takes or gives
    │   ├── PrimaryForeignError    primary_foreign no    its database is not ours, or is empty
    │   ├── PrimaryVersionError    primary_version no    this program is too old or too new for it
    │   ├── PrimaryDivergedError   primary_diverged yes  its timeline is another (`sync.protocol`)
    │   └── StatementError         primary_statement no  it refused one SQL statement
    ├── ImportSourceError          import_source no   a source cannot be read or is not known
    ├── BackupError                backup        no   a backup is damaged, incomplete or not fitting
    └── OutputError                output          no    stdout or an export could not be written

The message of an error is one sentence for a person, in the language of the screen: what
happened, what is safe, what to do. `code` is stable and for programs; `retryable` alone decides
whether something is tried again. Foreign exceptions are translated once, where they enter.
"""

from typing import ClassVar


class IpcomChatError(Exception):
    """The root; its message is shown to the user as it is."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


class UsageError(IpcomChatError):
    """What was asked for makes no sense; exit code 2."""

    code = "usage"


class RemovalError(IpcomChatError):
    """What was to be uninstalled is in use, or cannot be removed."""

    code = "removal"


class SettingsError(IpcomChatError):
    """A setting is missing, unknown or has a wrong value."""

    code = "settings"


class NotFoundError(IpcomChatError):
    """No such entry, user or machine."""

    code = "not_found"


class AmbiguousIdError(IpcomChatError):
    """A short id fits more than one entry."""

    code = "ambiguous_id"


class UserError(IpcomChatError):
    """A rule of users was broken."""

    code = "user"


class InvalidUserError(UserError):
    """Name, username or e-mail is missing or not valid."""

    code = "user_invalid"


class DuplicateUserError(UserError):
    """The username or the e-mail belongs to somebody already."""

    code = "user_duplicate"


class UnknownUserError(UserError):
    """There is no user of that name."""

    code = "user_unknown"


class InactiveUserError(UserError):
    """The user was deactivated."""

    code = "user_inactive"


class StorageError(IpcomChatError):
    """The replica on this machine could not be read or written."""

    code = "storage"


class StorageBusyError(StorageError):
    """Another process held the write lock longer than we wait."""

    code = "storage_busy"
    retryable = True


class StorageFullError(StorageError):
    """The disk is full."""

    code = "storage_full"
    retryable = True


class StorageReadOnlyError(StorageError):
    """The folder or the file of the replica cannot be written."""

    code = "storage_ro"


class StorageCorruptError(StorageError):
    """The file of the replica is damaged or is no SQLite database."""

    code = "storage_corrupt"


class SchemaTooNewError(StorageError):
    """A newer version of this program wrote the replica."""

    code = "schema_too_new"


class FileSystemError(StorageError):
    """The replica lies on a file system where several processes cannot share it."""

    code = "file_system"


class AssistantError(IpcomChatError):
    """An assistant could not answer."""

    code = "assistant"


class AssistantBusyError(AssistantError):
    """The assistant is overloaded, limited or too slow just now."""

    code = "assistant_busy"
    retryable = True


class AssistantQuotaError(AssistantError):
    """The account has no credit or quota left."""

    code = "assistant_quota"


class AssistantSetupError(AssistantError):
    """The assistant is not set up: key, address, model or package."""

    code = "assistant_setup"


class RefusedError(IpcomChatError):
    """A command did not run: a rule or the person does not let it."""

    code = "refused"


class PlaybookError(IpcomChatError):
    """A playbook file is not valid."""

    code = "playbook"


class PrimaryError(IpcomChatError):
    """The primary, the team's database, did not do what it was asked."""

    code = "primary"


class PrimaryUnreachableError(PrimaryError):
    """The primary cannot be reached, is busy, or its answer did not arrive whole."""

    code = "primary_unreachable"
    retryable = True


class PrimaryAuthError(PrimaryError):
    """The primary does not accept the token, or asks for one."""

    code = "primary_auth"


class PrimaryReadOnlyError(PrimaryError):
    """The primary does not let this token, or anybody, write."""

    code = "primary_read_only"


class PrimarySetupError(PrimaryError):
    """The address, TLS or a proxy is wrong, or what answers is no libSQL server."""

    code = "primary_setup"


class PrimaryTooLargeError(PrimaryError):
    """A request or its answer is larger than the primary handles; smaller pieces may pass."""

    code = "primary_too_large"


class PrimaryForeignError(PrimaryError):
    """The database of the primary is not one of this program, or was not initialised."""

    code = "primary_foreign"


class PrimaryVersionError(PrimaryError):
    """This program is too old or too new for the primary."""

    code = "primary_version"


class StatementError(PrimaryError):
    """The primary refused one SQL statement.

    Attributes:
        sql_code: the server's code, such as SQLITE_CONSTRAINT.
        reason: the server's own text, on one line; that of a trigger's RAISE stands alone.
        index: the place of the statement among those sent with it, from 0.
    """

    code = "primary_statement"

    def __init__(self, message: str, *, sql_code: str, reason: str, index: int) -> None:
        super().__init__(message)
        self.sql_code = sql_code
        self.reason = reason
        self.index = index


class ImportSourceError(IpcomChatError):
    """A source of an import cannot be read, or holds nothing that is known."""

    code = "import_source"


class BackupError(IpcomChatError):
    """A backup is damaged or not complete, or cannot go where it was asked to."""

    code = "backup"


class OutputError(IpcomChatError):
    """Standard output or the file of an export could not be written."""

    code = "output"
