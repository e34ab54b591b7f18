package strictyaml

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxNumber is how many characters a number may have.
const maxNumber = 64

// The regular expressions of YAML 1.2.2, section 10.3.2.
var (
	decimalInt = regexp.MustCompile(`^[-+]?[0-9]+$`)
	octalInt   = regexp.MustCompile(`^0o[0-7]+$`)
	hexInt     = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	coreFloat  = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	special    = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

// Resolve returns what the scalar n means under the core schema: nil, a bool,
// an int64, a float64 or a string. Quoted and block scalars are strings. The
// error, a [*Error], is about numbers that cannot be represented.
func Resolve(n *yaml.Node) (any, error) {
	const notPlain = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if n.Style&notPlain != 0 {
		return n.Value, nil
	}
	switch value, is := resolveWord(n.Value); is {
	case aText:
		return n.Value, nil
	case aWord:
		return value, nil
	}
	return resolveNumber(n.Value, n)
}

// What resolveWord finds.
const (
	aText = iota
	aWord
	maybeNumber
)

// resolveWord resolves what does not begin like a number.
func resolveWord(s string) (value any, is int) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil, aWord
	case "true", "True", "TRUE":
		return true, aWord
	case "false", "False", "FALSE":
		return false, aWord
	}
	if strings.IndexByte("+-.0123456789", s[0]) < 0 {
		return nil, aText
	}
	return nil, maybeNumber
}

// resolveNumber resolves s, which stands at n.
func resolveNumber(s string, n *yaml.Node) (any, error) {
	base, digits := 10, s
	switch {
	case special.MatchString(s):
		return nil, errorAt(n, RuleNumber, "%s has no counterpart in JSON; use a number, null or a text in quotes", s)
	case !coreFloat.MatchString(s) && !octalInt.MatchString(s) && !hexInt.MatchString(s):
		return s, nil
	case len(s) > maxNumber:
		return nil, errorAt(n, RuleNumber, "a number has more than %d characters; put it in quotes if it is a text", maxNumber)
	case octalInt.MatchString(s):
		base, digits = 8, s[2:]
	case hexInt.MatchString(s):
		base, digits = 16, s[2:]
	case !decimalInt.MatchString(s):
		return resolveFloat(s, n)
	}
	i, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return nil, errorAt(n, RuleNumber, "the integer %s does not fit 64 bits; put it in quotes", quote(s))
	}
	return i, nil
}

func resolveFloat(s string, n *yaml.Node) (any, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || decimal(s) != decimal(strconv.FormatFloat(f, 'e', -1, 64)) {
		return nil, errorAt(n, RuleNumber, "the number %s is more precise or larger than 64-bit floating point can hold; put it in quotes", quote(s))
	}
	return f, nil
}

// decimal brings a decimal number into the form digits, exponent with neither
// leading nor trailing zeros, so that equal numbers have equal forms.
func decimal(s string) string {
	sign := ""
	if s[0] == '-' {
		sign = "-"
	}
	s = strings.TrimLeft(s, "+-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	// maxNumber bounds the exponent's text, not its value; a value that does
	// not fit an int is out of float64's range long before.
	exp, _ := strconv.Atoi(exponent)
	digits := strings.TrimLeft(whole+fraction, "0")
	exp -= len(fraction)
	trimmed := strings.TrimRight(digits, "0")
	if trimmed == "" {
		return "0"
	}
	exp += len(digits) - len(trimmed)
	return sign + trimmed + "e" + strconv.Itoa(exp)
}
