package secretscan

// A sensitive looks in a plain YAML document for a member whose name says that
// it holds a credential. It implements [strictyaml.Sink].
type sensitive struct {
	found bool
	open  []within
	name  string // of the value that comes next
}

// within is an open collection.
type within struct {
	judged string // the name under which a sequence's values are judged
	named  string // what a mapping's member name or key says
	isMap  bool
}

// Begin implements [strictyaml.Sink].
func (s *sensitive) Begin(_ int, mapping bool) {
	s.open = append(s.open, within{judged: s.judged(), isMap: mapping})
}

// Name implements [strictyaml.Sink].
func (s *sensitive) Name(name string) { s.name = name }

// Text implements [strictyaml.Sink].
func (s *sensitive) Text(_ int, text string) {
	s.Scalar(0, text)
	if top := s.top(); top != nil && top.isMap && isNaming(s.name) {
		top.named = text
	}
}

// Scalar implements [strictyaml.Sink].
func (s *sensitive) Scalar(_ int, _ any) {
	if sense(s.judged()) != harmless {
		s.found = true
	}
}

// End implements [strictyaml.Sink].
func (s *sensitive) End() { s.open = s.open[:len(s.open)-1] }

func (s *sensitive) top() *within {
	if len(s.open) == 0 {
		return nil
	}
	return &s.open[len(s.open)-1]
}

// judged returns the name under which the next value is judged.
func (s *sensitive) judged() string {
	top := s.top()
	switch {
	case top == nil:
		return ""
	case top.isMap:
		return nameOf(s.name, top.named)
	}
	return top.judged
}
