"""A small evaluator of IAM policies: statements and a request in, a word out. What it does not know it refuses to judge.

The rules are AWS': an explicit Deny wins, without an Allow nothing is allowed. Names of actions, operators and keys have no case;
resources have. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""
import json, re

ALLOWED, DENIED, REFUSED = "allowed", "denied", "refused by a Deny"
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

def listed(value):
    return value if isinstance(value, list) else [value]

def statements(document):
    """Of a policy's text; the elements are checked, since IAM ignores no spelling mistake but a test might."""
    found = listed(json.loads(document)["Statement"])
    for statement in found:
        assert set(statement) <= ELEMENTS, f"unknown elements: {set(statement) - ELEMENTS}"
        assert statement["Effect"] in ("Allow", "Deny"), statement["Effect"]
        assert ("Action" in statement) != ("NotAction" in statement), "one of Action and NotAction"
        for pattern in listed(statement.get("Resource", [])):
            assert "${" not in pattern, f"policy variables are not evaluated here: {pattern}"
    return found

def fits(pattern, text):
    """`*` and `?`, and nothing else, are special."""
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern), text, re.DOTALL) is not None

def true(text):
    return str(text).lower() == "true"

# Operator → how one wanted value compares with one given one. Their negations hold where the key is missing, too.
COMPARE = {
    "stringequals": lambda want, have: want == have,
    "stringlike": fits,
    "arnequals": fits,
    "arnlike": fits,
    "bool": lambda want, have: true(want) == true(have),
}
NEGATED = {"stringnotequals": "stringequals", "stringnotlike": "stringlike", "arnnotequals": "arnequals", "arnnotlike": "arnlike"}

def holds(operator, key, wanted, context):
    """One line of a condition."""
    have = {name.lower(): value for name, value in context.items()}.get(key.lower())
    name, _, rest = operator.lower().partition(":")
    quantifier, name = (name, rest) if rest else ("", name)
    optional, name = name.endswith("ifexists"), name.removesuffix("ifexists")
    wanted = [str(want) if not isinstance(want, bool) else str(want).lower() for want in listed(wanted)]
    if name == "null":
        return true(wanted[0]) == (have is None)
    if name not in COMPARE and name not in NEGATED:
        raise ValueError(f"the operator {operator} is not evaluated here")
    if have is None:
        return optional or name in NEGATED or quantifier == "forallvalues"
    compare = COMPARE[NEGATED.get(name, name)]
    results = [any(compare(want, str(one)) for want in wanted) != (name in NEGATED) for one in listed(have)]
    return any(results) if quantifier == "foranyvalue" else all(results)

def matches(statement, action, resource, context, principal):
    def acts(names):
        return any(fits(name.lower(), action.lower()) for name in listed(names))

    def on(patterns):
        return any(fits(pattern, resource) for pattern in listed(patterns))

    if "Principal" in statement and not is_principal(statement["Principal"], principal):
        return False
    if not (acts(statement["Action"]) if "Action" in statement else not acts(statement["NotAction"])):
        return False
    if "Resource" in statement and not on(statement["Resource"]) or "NotResource" in statement and on(statement["NotResource"]):
        return False
    return all(holds(operator, key, wanted, context)
               for operator, keys in statement.get("Condition", {}).items() for key, wanted in keys.items())

def is_principal(named, principal):
    """`principal` is (kind, name), such as ("Service", "pods.eks.amazonaws.com")."""
    if named == "*":
        return True
    kind, name = principal or (None, None)
    return any(one in ("*", name) for one in listed(named.get(kind, [])))

def decide(policy, action, resource="*", context=None, principal=None):
    """`policy` is a list of statements, of all policies that apply."""
    effects = {statement["Effect"] for statement in policy if matches(statement, action, resource, context or {}, principal)}
    return REFUSED if "Deny" in effects else ALLOWED if "Allow" in effects else DENIED
