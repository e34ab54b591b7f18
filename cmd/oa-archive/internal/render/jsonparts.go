package render

import (
	"encoding"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"sync"
)

// weigh takes the length of v's text, about, from left. It stops at 0, and goes
// there at once for a list that is a function.
func weigh(v reflect.Value, left int) int {
	const each = 16
	if left -= each; left <= 0 {
		return 0
	}
	switch v.Kind() {
	case reflect.String:
		return max(left-v.Len(), 0)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return left
		}
		return weigh(v.Elem(), left)
	case reflect.Func:
		return 0
	case reflect.Struct:
		members, _ := membersOf(v.Type()) // what writes itself counts as little
		for i := 0; i < len(members) && left > 0; i++ {
			left -= len(members[i].name)
			if field, err := v.FieldByIndexErr(members[i].index); err == nil {
				left = weigh(field, left)
			}
		}
		return max(left, 0)
	case reflect.Slice, reflect.Array:
		if isText(v.Type()) {
			return max(left-2*v.Len(), 0)
		}
		for i := 0; i < v.Len() && left > 0; i++ {
			left = weigh(v.Index(i), left)
		}
	case reflect.Map:
		for each := v.MapRange(); left > 0 && each.Next(); {
			left = weigh(each.Value(), weigh(each.Key(), left))
		}
	}
	return left
}

// member is one of a JSON object that a struct stands for.
type member struct {
	name      string
	index     []int
	omitEmpty bool
}

var memberCache sync.Map // reflect.Type → []member, nil where package json must do it

// membersOf returns the members that package json gives objects of type t. It
// is not ok when the type writes itself, or has what is not understood here.
func membersOf(t reflect.Type) (members []member, ok bool) {
	if known, found := memberCache.Load(t); found {
		members = known.([]member)
		return members, members != nil
	}
	if !writesItself(t) {
		members = appendMembers(nil, t, nil)
	}
	seen := map[string]bool{}
	for _, m := range members {
		if seen[m.name] || !plainName.MatchString(m.name) {
			members = nil
			break
		}
		seen[m.name] = true
	}
	memberCache.Store(t, members)
	return members, members != nil
}

// plainName matches names that no encoding changes.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// appendMembers adds a member without a name for what is not understood.
func appendMembers(members []member, t reflect.Type, at []int) []member {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), at...), i)
		tag, tagged := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch embedded := structOf(f.Type); {
		case tagged && tag == "-":
			continue
		case f.Anonymous && name == "" && embedded != nil:
			if writesItself(embedded) || len(at) > 4 {
				return append(members, member{})
			}
			members = appendMembers(members, embedded, index)
			continue
		case !f.IsExported():
			continue
		case options != "" && options != "omitempty":
			return append(members, member{})
		}
		if name == "" {
			name = f.Name
		}
		members = append(members, member{name, index, options == "omitempty"})
	}
	return members
}

// structOf returns the struct that t is or points to, or nil.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

var selfWriting = []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}

func writesItself(t reflect.Type) bool {
	for _, i := range selfWriting {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}

// isText reports whether lists of type t are not lists in JSON.
func isText(t reflect.Type) bool { return t.Elem().Kind() == reflect.Uint8 || writesItself(t) }

// isEmpty is what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
