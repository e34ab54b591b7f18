package testkit

import "strconv"

// A jsonText writes JSON. Texts are written as they are: the word lists hold
// nothing that needs an escape.
type jsonText struct {
	b      []byte
	indent int  // spaces a level; 0: everything on one line
	depth  int  // of open objects and arrays
	inline int  // 0: nothing is on one line; 1: what opens next will be; above: levels on it, and one
	first  bool // nothing stands yet in the innermost one
	named  bool // a name was written, its value comes next
}

const spaces = "                                                                "

func (j *jsonText) newline() {
	if j.indent > 0 && j.inline <= 1 {
		j.b = append(j.b, '\n')
		j.b = append(j.b, spaces[:min(j.depth*j.indent, len(spaces))]...)
	}
}

// before separates what comes next from what stands before it.
func (j *jsonText) before() {
	if j.named {
		j.named = false
		return
	}
	if j.depth == 0 {
		return
	}
	if !j.first {
		j.b = append(j.b, ',')
		if j.inline > 1 && j.indent > 0 {
			j.b = append(j.b, ' ')
		}
	}
	j.first = false
	j.newline()
}

func (j *jsonText) begin(c byte) {
	j.before()
	j.b = append(j.b, c)
	j.depth++
	if j.inline > 0 {
		j.inline++
	}
	j.first = true
}

func (j *jsonText) finish(c byte) {
	j.depth--
	if !j.first {
		j.newline()
	}
	if j.inline > 0 {
		j.inline--
		if j.inline == 1 {
			j.inline = 0
		}
	}
	j.b = append(j.b, c)
	j.first = false
}

func (j *jsonText) object()    { j.begin('{') }
func (j *jsonText) array()     { j.begin('[') }
func (j *jsonText) endObject() { j.finish('}') }
func (j *jsonText) endArray()  { j.finish(']') }

// oneLine makes the object or array that is opened next stand on one line.
func (j *jsonText) oneLine() {
	if j.inline == 0 {
		j.inline = 1
	}
}

func (j *jsonText) name(name string) {
	j.before()
	j.b = append(j.b, '"')
	j.b = append(j.b, name...)
	j.b = append(j.b, '"', ':')
	if j.indent > 0 {
		j.b = append(j.b, ' ')
	}
	j.named = true
}

func (j *jsonText) str(s string) {
	j.before()
	j.b = append(j.b, '"')
	j.b = append(j.b, s...)
	j.b = append(j.b, '"')
}

func (j *jsonText) int(n int) {
	j.before()
	j.b = strconv.AppendInt(j.b, int64(n), 10)
}

func (j *jsonText) bool(v bool) {
	j.before()
	j.b = strconv.AppendBool(j.b, v)
}

// raw writes a value that is spelled out.
func (j *jsonText) raw(s string) {
	j.before()
	j.b = append(j.b, s...)
}

// decimal writes n/100 with two places.
func (j *jsonText) decimal(n int) {
	j.before()
	j.b = appendDecimal(j.b, n)
}

func appendDecimal(b []byte, n int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, int64(n/100), 10)
	return append(b, '.', byte('0'+n/10%10), byte('0'+n%10))
}

// beginText and endText enclose what is appended to b as one string.
func (j *jsonText) beginText() { j.before(); j.b = append(j.b, '"') }
func (j *jsonText) endText()   { j.b = append(j.b, '"') }

// Members that occur throughout.

func (j *jsonText) strMember(name, value string) { j.name(name); j.str(value) }
func (j *jsonText) intMember(name string, n int) { j.name(name); j.int(n) }

// time writes a moment: minutes after the first of January 2023.
func (j *jsonText) timeMember(name string, minutes int) {
	j.name(name)
	j.beginText()
	j.b = appendTime(j.b, minutes*60)
	j.endText()
}

// epoch is 2023-01-01T00:00:00Z, the beginning of every tenant, in days since
// 1970.
const epoch = 19358

// appendTime writes a moment, in seconds after the epoch, in RFC 3339.
func appendTime(b []byte, seconds int) []byte {
	y, m, d := date(epoch + seconds/86400)
	two := func(n int) { b = append(b, byte('0'+n/10), byte('0'+n%10)) }
	two(y / 100)
	two(y % 100)
	b = append(b, '-')
	two(m)
	b = append(b, '-')
	two(d)
	b = append(b, 'T')
	two(seconds / 3600 % 24)
	b = append(b, ':')
	two(seconds / 60 % 60)
	b = append(b, ':')
	two(seconds % 60)
	return append(b, 'Z')
}

// appendDate writes the day that is so many after the epoch.
func appendDate(b []byte, days int) []byte {
	return appendTime(b, days*86400)[:len(b)+len("2023-01-01")]
}

// date returns the Gregorian date of a day since 1970 (H. Hinnant,
// chrono-Compatible Low-Level Date Algorithms, civil_from_days).
func date(day int) (y, m, d int) {
	day += 719468
	era := day / 146097
	doe := day % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}
