package restore

// glob reports whether name matches the pattern, in which '*' stands for any
// text and '?' for one character. Its time is linear in the product of the
// lengths.
func glob(pattern, name string) bool {
	return match([]rune(pattern), []rune(name), func(rune) bool { return true })
}

// globPath is glob for paths: '*' and '?' do not stand for a slash, '**' does.
func globPath(pattern, path string) bool {
	return match([]rune(pattern), []rune(path), func(r rune) bool { return r != '/' })
}

// match keeps the set of pattern positions that the name read so far can have
// reached. crosses says which characters a single wildcard may stand for.
func match(pattern, name []rune, crosses func(rune) bool) bool {
	reached := make([]bool, len(pattern)+1)
	reached[0] = true
	skipStars(pattern, reached)
	for _, r := range name {
		next := make([]bool, len(pattern)+1)
		for i, p := range pattern {
			if !reached[i] {
				continue
			}
			switch {
			case p == '*':
				if crosses(r) || doubled(pattern, i) {
					next[i] = true
				}
			case p == r, p == '?' && crosses(r):
				next[i+1] = true
			}
		}
		skipStars(pattern, next)
		reached = next
	}
	return reached[len(pattern)]
}

// skipStars lets stars stand for nothing.
func skipStars(pattern []rune, reached []bool) {
	for i, p := range pattern {
		if reached[i] && p == '*' {
			reached[i+1] = true
		}
	}
}

// doubled reports whether the star at i is one of two in a row.
func doubled(pattern []rune, i int) bool {
	return i > 0 && pattern[i-1] == '*' || i+1 < len(pattern) && pattern[i+1] == '*'
}
