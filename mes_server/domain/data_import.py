"""Why an import is refused."""

from dataclasses import dataclass

from mes_server.domain.refusal import Refusal, Words, words

IMPORT = words("import", "导入")


@dataclass(kw_only=True, eq=False)
class ColumnsMissing(Refusal):
    """No column holds a field that every row needs."""

    type = "columns-missing"
    status = 422
    title = words("No column is mapped to: {fields}.", "以下字段没有对应的列：{fields}。")
    detail = words(
        "Say which column of the file holds each of them, then check again.",
        "请指定文件中对应的列，然后重新检查。",
    )
    fields: tuple[Words, ...]


@dataclass(kw_only=True, eq=False)
class ColumnUnknown(Refusal):
    """A mapping names a column that the file does not have, a field that the kind does not have, or a field twice."""

    type = "column-unknown"
    status = 422
    title = words("The mapping of {name} is not possible.", "“{name}”的映射无效。")
    detail = words(
        "Use the titles and fields that the import lists, each field once.",
        "请使用导入记录所列的列标题和字段，每个字段仅用一次。",
    )
    name: str


@dataclass(kw_only=True, eq=False)
class RowsWrong(Refusal):
    """An import is taken whole or not at all."""

    type = "rows-wrong"
    title = words(
        "{count} rows cannot be taken; nothing was changed.",
        "有 {count} 行无法导入；未做任何更改。",
    )
    detail = words(
        "First: line {line}: {fault} Correct the file, bring it again and check it.",
        "首个问题：第 {line} 行：{fault} 请修正文件后重新上传并检查。",
    )
    count: int
    line: int
    fault: Words


@dataclass(kw_only=True, eq=False)
class ImportState(Refusal):
    """Not at this point of an import's life."""

    type = "import-state"
    title = words("The import is {state}.", "该导入{state}。")
    detail = words("Bring the file again for a new import.", "如需再次导入，请重新上传文件。")
    state: Words


@dataclass(kw_only=True, eq=False)
class ImportUsed(Refusal):
    """What the import brought was used or changed since."""

    type = "import-used"
    title = words(
        "{what} was used or changed since; the import stays.", "{what}已被使用或修改；导入保留。"
    )
    detail = words(
        "{why} Change single entries by hand, or bring a corrected file.",
        "{why}请手动修改个别条目，或导入修正后的文件。",
    )
    what: str
    why: Words


STATE_WORDS = {
    "uploaded": words("not checked yet", "尚未检查"),
    "checked": words("not committed", "尚未提交"),
    "committed": words("committed already", "已提交"),
    "undone": words("undone", "已撤销"),
}
