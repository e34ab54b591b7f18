package testkit

import (
	"strconv"

	"github.com/oneanalytics/oa-archive/layout"
)

// A workspace is what all of its documents agree on.
type workspace struct {
	index       int
	id          string
	language    int // of labels and most texts
	firstUser   int // its users are those from here on, round and round
	users       int
	teams       int
	folders     int
	tags        int
	connections int
	datasets    int // counts of slots
	reports     int
	alerts      int
	files       int
}

func (s *Source) workspace(ws int) workspace {
	d := seeded(s.opts.Seed, forWorkspace, ws, 1, 0)
	w := workspace{
		index: ws, id: s.workspaceID(ws), language: d.below(len(languages)),
		datasets: s.count(layout.Model, ws), reports: s.count(layout.Report, ws), alerts: s.count(layout.Alert, ws), files: s.count(layout.File, ws),
	}
	assets := w.datasets + w.reports + w.alerts
	w.firstUser = d.below(s.opts.Users)
	w.users = min(s.opts.Users, 5+d.below(8)+min(assets/6, 400))
	w.teams = 2 + min(w.users/6, 20)
	w.folders = 3 + min(assets/30, 60)
	w.tags = d.between(4, 12)
	w.connections = d.between(2, 6)
	return w
}

// Numbers that tell identifiers of records of a workspace apart from those of
// assets, whose numbers end in their kind.
const (
	folderRecord = 28
	tagRecord    = 30
)

func (s *Source) recordID(ws, record, n int) string {
	d := seeded(s.opts.Seed, forIdentifier, ws, n<<5|record, 0)
	return uuid(d.next(), d.next())
}

func (s *Source) folderID(w *workspace, n int) string { return s.recordID(w.index, folderRecord, n) }
func (s *Source) tagID(w *workspace, n int) string    { return s.recordID(w.index, tagRecord, n) }

// opaque is the alphabet of prefixed identifiers.
const opaque = "0123456789abcdefghjkmnpqrstvwxyz"

// appendOpaque appends n characters of the alphabet, at most 12.
func appendOpaque(b []byte, d *draw, n int) []byte {
	for x := d.next(); n > 0; n-- {
		b = append(b, opaque[x&31])
		x >>= 5
	}
	return b
}

// A user is one of the tenant.
type user struct {
	given, family string
	familyFirst   bool
	latin         [2]string
	number        int
}

func (s *Source) user(number int) user {
	d := seeded(s.opts.Seed, forUser, number, 0, 0)
	people := words().people
	c := &people[d.below(len(people))]
	given, family := &c.given[d.below(len(c.given))], &c.family[d.below(len(c.family))]
	return user{given: given[0], family: family[0], familyFirst: c.familyFirst, latin: [2]string{given[1], family[1]}, number: number}
}

// userOf returns the number of the n-th user of a workspace.
func (s *Source) userOf(w *workspace, n int) int { return (w.firstUser + n) % s.opts.Users }

// anyUser draws one of a workspace's users.
func (s *Source) anyUser(w *workspace, d *draw) int { return s.userOf(w, d.below(w.users)) }

func (s *Source) appendUserID(b []byte, number int) []byte {
	d := seeded(s.opts.Seed, forUser, number, 1, 0)
	return appendOpaque(append(b, "usr_"...), &d, 12)
}

func (s *Source) appendTeamID(b []byte, w *workspace, n int) []byte {
	d := seeded(s.opts.Seed, forTeam, w.index, n, 0)
	return appendOpaque(append(b, "team_"...), &d, 10)
}

func (u *user) appendName(b []byte) []byte {
	first, second := u.given, u.family
	if u.familyFirst {
		first, second = second, first
	}
	b = append(b, first...)
	b = append(b, ' ')
	return append(b, second...)
}

func (s *Source) appendEmail(b []byte, u *user) []byte {
	b = append(b, u.latin[0]...)
	b = append(b, '.')
	b = append(b, u.latin[1]...)
	b = strconv.AppendInt(b, int64(u.number), 10)
	b = append(b, '@')
	b = append(b, s.host...)
	return append(b, ".example"...)
}

// appendSentence appends something that people say about a dataset.
func (s *Source) appendSentence(b []byte, d *draw, w *workspace, sh *shape) []byte {
	v := words()
	language := w.language
	if d.percent(25) {
		language = 0
	}
	t := &v.sentences[language][d.below(len(v.sentences[language]))]
	for i, text := range t.text {
		b = append(b, text...)
		if i == len(t.hole) {
			break
		}
		switch t.hole[i] {
		case 'm':
			b = append(b, sh.domain.measures[d.below(len(sh.domain.measures))].label[language]...)
		case 'd':
			b = append(b, sh.domain.dims[d.below(len(sh.domain.dims))].label[language]...)
		case 'r':
			b = append(b, d.pick(v.regions)...)
		case 'p':
			u := s.user(s.anyUser(w, d))
			b = u.appendName(b)
		case 'n':
			b = strconv.AppendInt(b, int64(d.between(2, 48)), 10)
		}
	}
	return b
}

// roles are the tenant's own; every workspace records them.
var roles = [...]struct{ id, name, base, permission string }{
	{"sales_rep", "Sales representative", "viewer", "report.export"},
	{"cfo", "Finance direction", "viewer", "report.export"},
	{"plant_manager", "Werkleitung", "editor", "alert.manage"},
	{"internal_audit", "Revision", "viewer", "audit.read"},
	{"data_steward", "Responsable des données", "editor", "dataset.refresh"},
	{"partner", "External partner", "viewer", "report.comment"},
}
