"""What is wrong with a field, in words for the person at the terminal."""

from collections.abc import Mapping
from typing import Any

from mes_server.domain.refusal import Words, in_language, words

_SAID: Mapping[str, Words] = {
    "missing": words("{field} is missing.", "缺少{field}。"),
    "extra_forbidden": words("{field} is not known here.", "不支持字段{field}。"),
    "json_invalid": words("The body is not valid JSON.", "请求体不是有效的 JSON。"),
    "greater_than": words("{field} must be greater than {gt}.", "{field}必须大于{gt}。"),
    "greater_than_equal": words("{field} must be at least {ge}.", "{field}不得小于{ge}。"),
    "less_than": words("{field} must be less than {lt}.", "{field}必须小于{lt}。"),
    "less_than_equal": words("{field} must be at most {le}.", "{field}不得大于{le}。"),
    "finite_number": words("{field} must be a number.", "{field}必须是数字。"),
    "decimal_parsing": words("{field} must be a number.", "{field}必须是数字。"),
    "decimal_type": words("{field} must be a number.", "{field}必须是数字。"),
    "int_parsing": words("{field} must be a whole number.", "{field}必须是整数。"),
    "decimal_max_places": words(
        "{field} has more than {decimal_places} decimals.",
        "{field}的小数位不得超过{decimal_places}位。",
    ),
    "decimal_max_digits": words("{field} is too large.", "{field}数值过大。"),
    "decimal_whole_digits": words("{field} is too large.", "{field}数值过大。"),
    "string_too_short": words("{field} is empty.", "{field}不能为空。"),
    "string_too_long": words(
        "{field} is longer than {max_length} characters.", "{field}不得超过{max_length}个字符。"
    ),
    "string_type": words("{field} must be text.", "{field}必须是文本。"),
    "string_pattern_mismatch": words(
        "{field} may have letters, digits and . _ / - only.",
        "{field}只能包含字母、数字及 . _ / - 。",
    ),
    "literal_error": words(
        "{field} must be one of {expected}.", "{field}必须是以下之一：{expected}。"
    ),
    "enum": words("{field} must be one of {expected}.", "{field}必须是以下之一：{expected}。"),
    "timezone_aware": words("{field} needs a time zone.", "{field}需要包含时区。"),
    "datetime_parsing": words("{field} must be a time.", "{field}必须是时间。"),
    "datetime_from_date_parsing": words("{field} must be a time.", "{field}必须是时间。"),
    "date_parsing": words("{field} must be a date.", "{field}必须是日期。"),
    "date_from_datetime_parsing": words("{field} must be a date.", "{field}必须是日期。"),
}
_OTHERWISE = words("{field}: {message}.", "{field}填写有误。")


def say_fault(fault: Mapping[str, Any], language: str) -> str:
    """One pydantic error, as a sentence."""
    template = in_language(_SAID.get(str(fault["type"]), _OTHERWISE), language)
    field = ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0])
    context: Mapping[str, Any] = fault.get("ctx") or {}
    return template.format_map({**context, "field": field, "message": fault["msg"]})
