"""Two people edit one thing: the second one looks again."""

from dataclasses import dataclass

from mes_server.domain.refusal import Refusal, words


@dataclass(kw_only=True, eq=False)
class ChangedMeanwhile(Refusal):
    """Somebody else changed it since the caller looked."""

    type = "changed-meanwhile"
    status = 412
    title = words(
        "{key} was changed meanwhile; nothing of yours was saved.",
        "{key}已被他人修改；您的更改未保存。",
    )
    detail = words("Look at it as it is now, then decide again.", "请查看最新内容后重新决定。")
    key: str
