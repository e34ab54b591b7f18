package secretscan

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// memberRule is the rule for members whose name says what they hold.
const memberRule = "member-credential"

// A sensitivity says what a member's name promises of its value.
type sensitivity uint8

const (
	harmless sensitivity = iota
	machine              // a token or key: long and random
	human                // a password: may be short
)

// credentialNames are the ends of names in lower case, '_' for whatever
// separates words. passwordhash ends in none.
var credentialNames = []struct {
	suffix string
	of     sensitivity
}{
	{"password", human}, {"passwords", human}, {"passwd", human}, {"passphrase", human}, {"passwort", human}, {"kennwort", human},
	{"motdepasse", human}, {"mot_de_passe", human}, {"pwd", human},
	{"secret", machine}, {"secrets", machine}, {"token", machine}, {"tokens", machine}, {"credential", machine}, {"credentials", machine}, {"authorization", machine},
	{"apikey", machine}, {"api_key", machine}, {"accesskey", machine}, {"access_key", machine}, {"secretkey", machine}, {"secret_key", machine},
	{"privatekey", machine}, {"private_key", machine}, {"accountkey", machine}, {"account_key", machine}, {"signingkey", machine}, {"signing_key", machine},
	{"encryptionkey", machine}, {"encryption_key", machine}, {"masterkey", machine}, {"master_key", machine}, {"authkey", machine}, {"auth_key", machine},
	{"hmackey", machine}, {"hmac_key", machine}, {"sharedkey", machine}, {"shared_key", machine},
}

// separators join the words of a name.
const separators = "_-. "

// sense returns what a member's name promises.
func sense(name string) sensitivity {
	if len(name) < 3 {
		return harmless
	}
	// Most names end in another letter than any of the words.
	switch fold(name[len(name)-1]) {
	case 'd', 'e', 'n', 's', 't', 'y':
	default:
		return harmless
	}
	for i := range credentialNames {
		if hasSuffix(name, credentialNames[i].suffix) {
			return credentialNames[i].of
		}
	}
	return harmless
}

func hasSuffix(name, suffix string) bool {
	if len(name) < len(suffix) {
		return false
	}
	name = name[len(name)-len(suffix):]
	for i := range len(suffix) {
		if fold(name[i]) != suffix[i] && (suffix[i] != '_' || strings.IndexByte(separators, name[i]) < 0) {
			return false
		}
	}
	return true
}

// holds reports whether a value is what its member's name promises. A number
// can only be a password.
func (s sensitivity) holds(value string, number bool) bool {
	switch {
	case s == harmless || number && s == machine || len(value) > 4096:
		return false
	case number:
		return len(value) >= 6 && len(value) <= 32
	case len(value) < 6 || strings.ContainsAny(value, " \t\r\n") || isPlaceholder(value) || isReference(value):
		return false
	case s == human:
		return isPassword(value)
	}
	return len(value) >= 12 && hasDigit(value) && entropy(value) >= 3 && !isIdentifier(value)
}

// isPassword accepts what a person may have chosen: six characters or more, of
// two sorts or very mixed letters, but no identifier.
func isPassword(s string) bool {
	if len(s) < 6 || isPlaceholder(s) || isReference(s) || entropy(s) < leastEntropy {
		return false
	}
	c := classes(s)
	if c == lower || c == upper || c == lower|upper {
		return len(s) >= 16 && entropy(s) >= 3.5
	}
	return c == digit || c == lower|upper|digit|other || c&(c-1) != 0 && !isIdentifier(s)
}

// isAssigned accepts what stands behind "password=" in a text. Texts speak of
// passwords too, so the value must look the part.
func isAssigned(s string) bool {
	s = strings.TrimRight(s, ".)]}")
	return len(s) >= 8 && hasDigit(s) && classes(s) != digit && entropy(s) >= 2.75 && !isPlaceholder(s) && !isReference(s) && !isIdentifier(s)
}

// isBasic accepts base64 of a name, a colon and a password.
func isBasic(s string) bool {
	plain, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		plain, err = base64.RawStdEncoding.DecodeString(s)
	}
	name, password, ok := strings.Cut(string(plain), ":")
	return err == nil && ok && name != "" && len(password) >= 4 && utf8.Valid(plain) && !isPlaceholder(password)
}

func hasDigit(s string) bool   { return strings.ContainsAny(s, "0123456789") }
func notExample(s string) bool { return !strings.HasSuffix(s, "EXAMPLE") }

// Classes of characters.
const (
	lower = 1 << iota
	upper
	digit
	other
)

func classes(s string) int {
	c := 0
	for i := range len(s) {
		switch b := s[i]; {
		case b >= 'a' && b <= 'z':
			c |= lower
		case b >= 'A' && b <= 'Z':
			c |= upper
		case b >= '0' && b <= '9':
			c |= digit
		default:
			c |= other
		}
	}
	return c
}

// isIdentifier reports whether s is made of words and numbers joined by
// separators, as names of columns, files, hosts and policies are, rather than
// of letters and digits mixed: customers.token_id, 2024-Q3, db-2.example.
func isIdentifier(s string) bool {
	parts := 0
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune("_.-/:", r) }) {
		parts++
		letters := strings.TrimRight(part, "0123456789")
		if len(letters) != len(part) && len(part)-len(letters) > 4 && letters != "" || classes(letters)&^(lower|upper) != 0 && !isShort(part) {
			return false
		}
		if c := classes(letters); c == lower|upper && switches(letters) > 2 {
			return false
		}
	}
	return parts > 1 || parts == 1 && classes(s)&(digit|other) == 0
}

// isShort admits parts such as 2fa and q3.
func isShort(part string) bool { return len(part) <= 3 && classes(part)&other == 0 }

// switches counts the changes from small to capital letters.
func switches(s string) int {
	n := 0
	for i := 1; i < len(s); i++ {
		if classes(s[i:i+1]) == upper && classes(s[i-1:i]) == lower {
			n++
		}
	}
	return n
}

// placeholders stand where a secret is to be filled in.
var placeholders = []string{
	"changeme", "change_me", "change-me", "changeit", "placeholder", "redacted", "example", "your_", "your-", "yourpass", "insert", "replace", "todo", "dummy",
	"not_set", "not-set", "notset", "undefined", "unset", "masked", "hidden", "removed", "deleted", "secret_here", "password_here", "token_here",
}

func isPlaceholder(s string) bool {
	switch {
	case strings.Trim(s, "*•·xX.-_?#…") == "":
		return true
	case strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">"), strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]"):
		return true
	case len(s) <= 64 && (strings.Contains(s, "****") || strings.Contains(s, "••••") || strings.Contains(s, "XXXX") || strings.Contains(s, "xxxx")):
		return true
	}
	if len(s) > 40 {
		return false
	}
	folded := strings.ToLower(s)
	for _, p := range placeholders {
		if strings.HasPrefix(folded, p) {
			return true
		}
	}
	switch folded {
	case "password", "passwd", "secret", "token", "none", "null", "empty", "default", "password1", "password123", "test", "test123":
		return true
	}
	return false
}

// references begin where a secret is kept elsewhere, or is none.
var references = []string{
	"vault:", "secret:", "secrets:", "secretref:", "keyvault:", "env:", "env.", "file:", "op://", "arn:aws:", "ssm:", "sm://", "gcp-sm:", "projects/", "azurekv:", "ref:", "slot:", "$ref",
	"$argon2", "$scrypt$", "$pbkdf2", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "{ssha}", "scram-sha-256$", "pbkdf2:", "pbkdf2_", "bcrypt$", "argon2:", // hashes
	"sha1:", "sha1-", "sha256:", "sha256-", "sha384-", "sha512:", "sha512-", "md5:", "h1:", // digests
	"ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-", "-----begin public", "-----begin certificate", "age1", // public keys
	"http://", "https://", // addresses: their own rules look at them
}

func isReference(s string) bool {
	if strings.Contains(s, "${") || strings.Contains(s, "{{") || strings.Contains(s, "%(") || strings.Contains(s, "$(") || strings.Contains(s, "<%") || isUUID(s) {
		return true
	}
	if s[0] == '$' && len(s) > 1 && classes(s[1:])&^(upper|digit|other) == 0 && !strings.ContainsAny(s[1:], "$!#%&*+=?@^~") {
		return true // $VARIABLE
	}
	head := strings.ToLower(s[:min(len(s), 24)])
	for _, r := range references {
		if strings.HasPrefix(head, r) {
			return true
		}
	}
	return false
}

// isUUID accepts both cases, since documents spell UUIDs of others too.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := fold(s[i])
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
