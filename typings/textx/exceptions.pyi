class Match:
    rule_name: str
    to_match: str

class TextXSyntaxError(Exception):
    line: int
    col: int
    expected_rules: list[Match]
