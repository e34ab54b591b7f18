package testkit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/oneanalytics/oa-archive/layout"
)

// auditEvents returns how many events the trail has: a mutation adds one for
// each change that is to be expected, after those of the first state.
func (s *Source) auditEvents() int {
	assets := s.opts.Datasets + s.opts.Reports + s.opts.Alerts + s.opts.Files
	m := s.mutation
	return s.opts.AuditEvents + int(float64(assets)*(m.Changed+m.Added+m.Removed))
}

// auditBlocks returns the trail some events at a time. It is the one content
// that cannot be made from its middle, as each line holds the hash of the one
// before.
func (s *Source) auditBlocks() func() []byte {
	var hash [sha256.Size]byte
	var block, event []byte
	n, all := 0, s.auditEvents()
	return func() []byte {
		block = block[:0]
		for ; n < all && len(block) < fileBlock; n++ {
			event = append(event[:0], hash[:]...)
			event = s.appendEvent(event, n)
			block = append(block, `{"prev":"`...)
			block = hex.AppendEncode(block, hash[:])
			hash = sha256.Sum256(event)
			block = append(block, `","hash":"`...)
			block = hex.AppendEncode(block, hash[:])
			block = append(block, `","event":`...)
			block = append(block, event[len(hash):]...)
			block = append(block, "}\n"...)
		}
		return block
	}
}

// actions are what people do, as often as they stand here. The last one needs
// no asset.
var actions = [...]struct {
	action, resource string
	kind             layout.Kind
}{
	{"report.view", "report", layout.Report},
	{"report.view", "report", layout.Report},
	{"report.view", "report", layout.Report},
	{"report.update", "report", layout.Report},
	{"report.export", "report", layout.Report},
	{"dataset.refresh.finish", "dataset", layout.Model},
	{"dataset.update", "dataset", layout.Model},
	{"alert.fire", "alert", layout.Alert},
	{"sharing.grant.create", "report", layout.Report},
	{"auth.login", "user", layout.Invalid},
}

// appendEvent appends event n.
func (s *Source) appendEvent(b []byte, n int) []byte {
	d := seeded(s.opts.Seed, forEvent, n, 0, 0)
	j := jsonText{b: b}
	ws := d.below(s.opts.Workspaces)
	number := d.below(s.opts.Users)
	// Events are spread over two years up to the first state, evenly but for
	// some seconds; those of a second state follow.
	step := max(2, 730*86400/max(1, s.opts.AuditEvents))
	seconds := (today-730)*86400 + n*step + d.below(step/2+1)
	j.object()
	j.name("id")
	j.beginText()
	j.b = appendULID(append(j.b, "evt_"...), seconds, &d)
	j.endText()
	j.name("ts")
	j.beginText()
	j.b = appendTime(j.b, seconds)
	j.endText()
	j.strMember("tenant_id", s.opts.Tenant.ID)
	j.name("actor")
	j.object()
	j.strMember("type", "user")
	j.name("id")
	j.beginText()
	j.b = s.appendUserID(j.b, number)
	j.endText()
	u := s.user(number)
	j.name("email")
	j.beginText()
	j.b = s.appendEmail(j.b, &u)
	j.endText()
	j.name("ip")
	j.beginText()
	j.b = append(j.b, "192.0.2."...)
	j.b = strconv.AppendInt(j.b, int64(1+d.below(254)), 10)
	j.endText()
	j.endObject()
	s.deed(&j, &d, ws, number)
	if d.percent(80) {
		j.name("trace_id")
		j.beginText()
		for range 2 {
			for x, i := d.next(), 0; i < 16; i++ {
				j.b = append(j.b, "0123456789abcdef"[x&15])
				x >>= 4
			}
		}
		j.endText()
	}
	j.endObject()
	return j.b
}

// deed writes what an event did to what.
func (s *Source) deed(j *jsonText, d *draw, ws, number int) {
	what := actions[d.below(len(actions))]
	a, ok := s.lasting(what.kind, ws, s.count(what.kind, ws), d)
	if !ok {
		what = actions[len(actions)-1]
	}
	j.strMember("action", what.action)
	j.name("resource")
	j.object()
	j.strMember("type", what.resource)
	j.name("id")
	j.beginText()
	if ok {
		j.b = append(j.b, a.id...)
	} else {
		j.b = s.appendUserID(j.b, number)
	}
	j.endText()
	j.endObject()
	j.name("detail")
	j.object()
	switch what.action {
	case "dataset.refresh.finish":
		j.intMember("rows", d.below(900_000))
		j.intMember("seconds", d.below(900))
	case "auth.login":
		j.strMember("method", "saml")
	default:
		j.strMember("workspace", s.workspaceID(ws))
	}
	j.endObject()
}

// appendULID appends 26 characters that sort by time, in upper case.
func appendULID(b []byte, seconds int, d *draw) []byte {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	ms := (epoch*86400+seconds)*1000 + d.below(1000)
	for shift := 45; shift >= 0; shift -= 5 {
		b = append(b, crockford[ms>>shift&31])
	}
	x, y := d.next(), d.next()
	for range 8 {
		b = append(b, crockford[x&31], crockford[y&31])
		x, y = x>>5, y>>5
	}
	return b
}
