package diff

import "strings"

// keyOf returns what an element of a list is known by: of an object its id, its
// name, whom or what it is about, or the two sides of a join; of a string
// itself. Elements without any have no key.
func keyOf(element any) (key string, ok bool) {
	switch e := element.(type) {
	case string:
		return e, true
	case map[string]any:
		for _, member := range []string{"id", "name"} {
			if key, ok := e[member].(string); ok {
				return key, true
			}
		}
		for _, member := range []string{"principal", "resource"} {
			if of, _ := e[member].(map[string]any); of != nil {
				typ, _ := of["type"].(string)
				id, ok := of["id"].(string)
				return typ + ":" + id, ok
			}
		}
		left, ok1 := e["left"].(string)
		right, ok2 := e["right"].(string)
		return left + " = " + right, ok1 && ok2
	}
	return "", false
}

// keysOf returns the keys of a list's elements; ok is false when an element has
// none, or two have the same. Then elements are known by their index.
func keysOf(list []any) (keys []string, ok bool) {
	keys = make([]string, len(list))
	seen := make(map[string]bool, len(list))
	for i, e := range list {
		key, ok := keyOf(e)
		if !ok || seen[key] {
			return nil, false
		}
		seen[key] = true
		keys[i] = key
	}
	return keys, true
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// below returns the pointer to a member or element.
func below(pointer, token string) string { return pointer + "/" + escaper.Replace(token) }

// singular is what one element of a list is called.
func singular(list string) string {
	switch list {
	case "security":
		return "rule"
	case "saved_queries":
		return "saved query"
	case "order", "extensions":
		return list
	}
	return strings.ReplaceAll(strings.TrimSuffix(list, "s"), "_", " ")
}
