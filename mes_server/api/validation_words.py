"""What is wrong with a field and what would be right, in words for people and for whoever writes a client."""

from collections.abc import Mapping
from typing import Any

from mes_server.contract.shape import CODE
from mes_server.domain.refusal import Words, in_language, words

_NUMBER = words("{field} must be a number, like 12.5.", "{field}必须是数字，例如 12.5。")
_WHOLE = words("{field} must be a whole number, like 12.", "{field}必须是整数，例如 12。")
_TRUTH = words("{field} must be true or false.", "{field}必须是 true 或 false。")
_LIST = words("{field} must be a list, like [].", "{field}必须是列表，例如 []。")
_OBJECT = words("{field} must be a JSON object, like {{}}.", "{field}必须是 JSON 对象，例如 {{}}。")
_TIME = words(
    "{field} must be a time with its zone, like 2026-03-02T12:00:00Z.",
    "{field}必须是带时区的时间，例如 2026-03-02T12:00:00Z。",
)
_DAY = words("{field} must be a date, like 2026-03-31.", "{field}必须是日期，例如 2026-03-31。")
_CHOICE = words("{field} must be one of {expected}.", "{field}必须是以下之一：{expected}。")
_TOO_LARGE = words(
    "{field} is too large: at most 18 digits, 6 of them decimals.",
    "{field}数值过大：最多18位数字，其中6位小数。",
)
_KEY = words("{field} must be a UUID.", "{field}必须是 UUID。")
_SAID: Mapping[str, Words] = {
    "missing": words("{field} is missing.", "缺少{field}。"),
    "extra_forbidden": words(
        "{field} is not known here. Leave it out, or check its spelling.",
        "不支持字段{field}。请删除该字段，或检查拼写。",
    ),
    "json_invalid": words("The body is not valid JSON.", "请求体不是有效的 JSON。"),
    "greater_than": words("{field} must be greater than {gt}.", "{field}必须大于{gt}。"),
    "greater_than_equal": words("{field} must be at least {ge}.", "{field}不得小于{ge}。"),
    "less_than": words("{field} must be less than {lt}.", "{field}必须小于{lt}。"),
    "less_than_equal": words("{field} must be at most {le}.", "{field}不得大于{le}。"),
    "finite_number": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "bool_parsing": _TRUTH,
    "bool_type": _TRUTH,
    "decimal_max_places": words(
        "{field} has more than {decimal_places} decimals.",
        "{field}的小数位不得超过{decimal_places}位。",
    ),
    "decimal_max_digits": _TOO_LARGE,
    "decimal_whole_digits": _TOO_LARGE,
    "string_too_long": words(
        "{field} is longer than {max_length} characters.", "{field}不得超过{max_length}个字符。"
    ),
    "string_type": words("{field} must be text.", "{field}必须是文本。"),
    "list_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "too_long": words(
        "{field} has more than {max_length} entries. Send it in parts.",
        "{field}不得超过{max_length}项，请分批发送。",
    ),
    "too_short": words(
        "{field} needs at least {min_length} entries.", "{field}至少需要{min_length}项。"
    ),
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "uuid_parsing": _KEY,
    "uuid_type": _KEY,
    "timezone_aware": words(
        "{field} needs a time zone, like 2026-03-02T12:00:00Z.",
        "{field}需要包含时区，例如 2026-03-02T12:00:00Z。",
    ),
    "datetime_parsing": _TIME,
    "datetime_type": _TIME,
    "datetime_object_invalid": _TIME,
    "datetime_from_date_parsing": _TIME,
    "date_parsing": _DAY,
    "date_type": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
}
_OTHERWISE = words("{field} is not right: {message}.", "{field}填写有误：{message}。")
_EMPTY = words("{field} is empty.", "{field}不能为空。")
_SHORT = words(
    "{field} is shorter than {min_length} characters.", "{field}不得少于{min_length}个字符。"
)
_CODE_FORM = words(
    "{field} may have letters, digits and . _ / - only, and begins with a letter or digit.",
    "{field}只能包含字母、数字及 . _ / - ，且以字母或数字开头。",
)
_FORM = words("{field} must have the form {pattern}.", "{field}的格式须为 {pattern}。")
_RULES: Mapping[str, Words] = {
    "valid_until must be after valid_from": words(
        "valid_until must be after valid_from.", "valid_until 必须晚于 valid_from。"
    ),
    "say what is to be changed": words("Say what is to be changed.", "请说明要修改的内容。"),
    "report at least one piece": words("Report at least one piece.", "请至少报工一件。"),
    "receive at least one piece": words("Receive at least one piece.", "请至少收回一件。"),
}
"""Rules over several fields, as the contract states them."""


def say_fault(fault: Mapping[str, Any], language: str) -> str:
    """One pydantic error, as a sentence that names the field."""
    context: Mapping[str, Any] = fault.get("ctx") or {}
    field = ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0])
    template = in_language(_template(str(fault["type"]), context), language)
    return template.format_map({**context, "field": field, "message": fault["msg"]})


def _template(kind: str, context: Mapping[str, Any]) -> Words:
    match kind:
        case "value_error":
            return _RULES.get(str(context.get("error")), _OTHERWISE)
        case "string_too_short":
            return _EMPTY if context.get("min_length") == 1 else _SHORT
        case "string_pattern_mismatch":
            return _CODE_FORM if context.get("pattern") == CODE else _FORM
        case _:
            return _SAID.get(kind, _OTHERWISE)
