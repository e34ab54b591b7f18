package secretscan

import "strings"

// isSpace admits white space, as behind "Bearer".
func isSpace(rest string) bool {
	return rest != "" && (rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\t' || rest[0] == '\r')
}

// hasUserinfo admits an at sign behind a colon, before the host of a URL ends.
func hasUserinfo(rest string) bool {
	colon := false
	for i := range min(len(rest), 512) {
		switch rest[i] {
		case ':':
			colon = true
		case '@':
			return colon
		case '/', '?', '#', ' ', '\t', '\n', '\r', '"', '\'', '<', '>':
			return false
		}
	}
	return false
}

// isWebToken admits a second part that begins as the first one does.
func isWebToken(rest string) bool {
	for i := range min(len(rest), window) {
		if !isWord(rest[i]) {
			return i >= 10 && strings.HasPrefix(rest[i:], ".eyJ")
		}
	}
	return false
}

// isAssignment admits what may go on like "_key = …".
func isAssignment(rest string) bool {
	_, ok := assignedValue(rest[min(len(rest), nameEnd(rest)):])
	return ok
}

// nameEnd returns how much of a name is left.
func nameEnd(rest string) int {
	for i := range min(len(rest), 16) {
		if c := fold(rest[i]); (c < 'a' || c > 'z') && c != '_' && c != '-' {
			return i
		}
	}
	return min(len(rest), 16)
}

// assignedValue returns what stands behind a colon or an equals sign: to the
// end of the word, at most 128 bytes, and eight at least.
func assignedValue(rest string) (value string, ok bool) {
	rest = skipQuote(rest)
	rest = skipSpace(rest)
	switch {
	case strings.HasPrefix(rest, ":=") || strings.HasPrefix(rest, "=>"):
		rest = rest[2:]
	case rest != "" && (rest[0] == '=' || rest[0] == ':'):
		rest = rest[1:]
	default:
		return "", false
	}
	rest = skipQuote(skipSpace(rest))
	end := strings.IndexAny(rest[:min(len(rest), 128)], " \t\r\n\"'<>;,&()|")
	if end < 0 {
		end = min(len(rest), 128)
	}
	return rest[:end], end >= 8
}

func skipQuote(s string) string {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		return s[1:]
	}
	return s
}

func skipSpace(s string) string {
	for s != "" && isSpace(s) {
		s = s[1:]
	}
	return s
}

// keyBody returns the first run of base64 behind the header of a private key
// that is long enough to be part of one. Armor may have headers of its own.
func keyBody(rest string) (body string, ok bool) {
	rest = rest[:min(len(rest), 400)]
	start := 0
	for i := 0; i <= len(rest); i++ {
		if i < len(rest) && (isWord(rest[i]) && rest[i] != '-' && rest[i] != '_' || rest[i] == '+' || rest[i] == '/' || rest[i] == '=') {
			continue
		}
		// An escaped line break leaves its letter before the run.
		if i-start >= 17 {
			return rest[start:i], true
		}
		if strings.HasPrefix(rest[i:], "-----") {
			return "", false
		}
		start = i + 1
	}
	return "", false
}
