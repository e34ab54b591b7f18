package testkit

import (
	"strconv"

	"github.com/oneanalytics/oa-archive/layout"
)

// metadata appends what a workspace records.
func (s *Source) metadata(ws int, b []byte) []byte {
	w := s.workspace(ws)
	d := seeded(s.opts.Seed, forContent, ws, 0, 0)
	j := &jsonText{b: b, indent: 2}
	j.object()
	j.name("workspace")
	j.object()
	j.strMember("id", w.id)
	j.name("name")
	j.beginText()
	j.b = append(j.b, d.pick(words().teams)...)
	j.b = append(j.b, " · "...)
	j.b = append(j.b, d.pick(words().cities)...)
	j.endText()
	j.timeMember("created_at", d.below(200)*1440)
	updated := d.between(1000, today-1) * 1440
	if s.mutation != (Mutation{}) {
		updated = revisedOn * 1440
	}
	j.timeMember("updated_at", updated)
	j.endObject()
	s.users(j, &w)
	s.teams(j, &w)
	s.rolesAndMembers(j, &w)
	s.connections(j, &d, &w)
	s.foldersAndTags(j, &d, &w)
	s.datasetRecords(j, &w)
	s.fileRecords(j, &w)
	s.savedQueries(j, &d, &w)
	s.grants(j, &w)
	j.endObject()
	return append(j.b, '\n')
}

func (s *Source) users(j *jsonText, w *workspace) {
	j.name("users")
	j.array()
	for n := range w.users {
		u := s.user(s.userOf(w, n))
		d := seeded(s.opts.Seed, forUser, u.number, 2, 0)
		j.object()
		j.name("id")
		j.beginText()
		j.b = s.appendUserID(j.b, u.number)
		j.endText()
		j.name("email")
		j.beginText()
		j.b = s.appendEmail(j.b, &u)
		j.endText()
		j.name("name")
		j.beginText()
		j.b = u.appendName(j.b)
		j.endText()
		status := "active"
		if u.number > 0 && d.percent(15) {
			status = [...]string{"invited", "suspended", "deactivated"}[d.below(3)]
		}
		j.strMember("status", status)
		if d.percent(70) {
			j.name("external_id")
			j.beginText()
			j.b = append(j.b, "scim|"...)
			j.b = appendOpaque(j.b, &d, 8)
			j.endText()
		}
		if u.number == 0 {
			j.strMember("tenant_role", "owner")
		}
		if d.percent(65) {
			j.name("attributes")
			j.oneLine()
			j.object()
			j.strMember("region", d.pick(words().regions))
			if d.percent(40) {
				j.strMember("locale", languages[d.below(len(languages))])
			}
			if d.percent(15) {
				j.name("quota")
				j.decimal(d.below(90_000_000))
			}
			j.endObject()
		}
		j.endObject()
	}
	j.endArray()
}

func (s *Source) teams(j *jsonText, w *workspace) {
	j.name("teams")
	j.array()
	for n := range w.teams {
		d := seeded(s.opts.Seed, forTeam, w.index, n, 1)
		j.object()
		j.name("id")
		j.beginText()
		j.b = s.appendTeamID(j.b, w, n)
		j.endText()
		j.name("name")
		j.beginText()
		j.b = append(j.b, d.pick(words().teams)...)
		j.b = append(j.b, ' ')
		j.b = append(j.b, d.pick(words().cities)...)
		j.endText()
		j.name("members")
		j.array()
		first := d.below(w.users)
		for i := range min(w.users, 2+d.below(9)) {
			j.beginText()
			j.b = s.appendUserID(j.b, s.userOf(w, (first+i)%w.users))
			j.endText()
		}
		j.endArray()
		j.endObject()
	}
	j.endArray()
}

func (s *Source) rolesAndMembers(j *jsonText, w *workspace) {
	j.name("roles")
	j.array()
	for _, r := range roles {
		j.oneLine()
		j.object()
		j.strMember("id", r.id)
		j.strMember("name", r.name)
		j.strMember("base", r.base)
		j.name("permissions")
		j.array()
		j.str(r.permission)
		j.endArray()
		j.endObject()
	}
	j.endArray()
	j.name("members")
	j.array()
	for n := range w.users {
		number := s.userOf(w, n)
		d := seeded(s.opts.Seed, forUser, number, 3, w.index)
		role := [...]string{"viewer", "editor", "admin", "viewer"}[d.below(4)]
		if d.percent(20) {
			role = roles[d.below(len(roles))].id
		}
		j.object()
		j.name("principal")
		j.oneLine()
		j.object()
		j.strMember("type", "user")
		j.name("id")
		j.beginText()
		j.b = s.appendUserID(j.b, number)
		j.endText()
		j.endObject()
		j.strMember("role", role)
		j.endObject()
	}
	j.endArray()
}

func (s *Source) connections(j *jsonText, d *draw, w *workspace) {
	v := words()
	host := s.host + ".example"
	j.name("connections")
	j.array()
	for n := range w.connections {
		j.object()
		j.strMember("name", v.connections[n])
		j.strMember("type", v.sources[n])
		j.name("endpoint")
		j.oneLine()
		j.object()
		j.strMember("host", v.connections[n]+"."+host)
		j.intMember("port", [...]int{5432, 443, 3306, 8883}[d.below(4)])
		j.strMember("database", v.domains[d.below(len(v.domains))].id)
		j.endObject()
		j.strMember("secret_slot", v.connections[n]+"-login")
		j.endObject()
	}
	j.endArray()
}

func (s *Source) foldersAndTags(j *jsonText, d *draw, w *workspace) {
	v := words()
	j.name("folders")
	j.array()
	for n := range w.folders {
		j.oneLine()
		j.object()
		j.strMember("id", s.folderID(w, n))
		j.name("name")
		j.beginText()
		j.b = append(j.b, v.folders[n%len(v.folders)]...)
		if n >= len(v.folders) {
			j.b = append(j.b, ' ')
			j.b = strconv.AppendInt(j.b, int64(n/len(v.folders)+1), 10)
		}
		j.endText()
		if n > 0 && d.percent(60) {
			j.strMember("parent", s.folderID(w, d.below(n)))
		}
		j.endObject()
	}
	j.endArray()
	j.name("tags")
	j.array()
	for n := range w.tags {
		j.oneLine()
		j.object()
		j.strMember("id", s.tagID(w, n))
		j.strMember("name", v.tags[n])
		j.name("color")
		j.beginText()
		j.b = appendColor(j.b, d)
		j.endText()
		j.endObject()
	}
	j.endArray()
}

func (s *Source) datasetRecords(j *jsonText, w *workspace) {
	j.name("datasets")
	j.array()
	for a := range s.assets(layout.Model, w.index) {
		sh := s.shape(w, a)
		d := seeded(s.opts.Seed, forSize, a.ws, a.mix(), 0)
		j.object()
		j.strMember("id", a.id)
		j.name("name")
		j.beginText()
		j.b = sh.appendLabel(j.b, w)
		j.endText()
		mode := s.mode(a)
		j.strMember("mode", mode)
		j.intMember("version", sh.version+a.revision)
		if mode != "direct" {
			j.intMember("row_count", s.opts.Rows)
			j.intMember("size_bytes", s.opts.Rows*d.between(40, 90))
			j.timeMember("last_refresh_at", d.between(today-30, today-1)*1440+d.below(1440))
			j.name("refresh")
			j.oneLine()
			j.object()
			j.name("cron")
			j.beginText()
			j.b = strconv.AppendInt(j.b, int64(d.below(60)), 10)
			j.b = append(j.b, ' ')
			j.b = strconv.AppendInt(j.b, int64(d.below(24)), 10)
			j.b = append(j.b, [...]string{" * * *", " * * 1-5", " 1 * *"}[d.below(3)]...)
			j.endText()
			j.strMember("timezone", [...]string{"Europe/Berlin", "Europe/Oslo", "Asia/Tokyo", "America/Sao_Paulo", "Africa/Lagos"}[d.below(5)])
			j.name("enabled")
			j.bool(d.percent(85))
			j.endObject()
		}
		s.assetRecord(j, &d, w)
		j.endObject()
	}
	j.endArray()
}

func (s *Source) fileRecords(j *jsonText, w *workspace) {
	j.name("files")
	j.array()
	for a := range s.assets(layout.File, w.index) {
		f := s.fileTraits(a)
		d := seeded(s.opts.Seed, forSize, a.ws, a.mix(), 1)
		j.object()
		j.strMember("id", a.id)
		j.name("name")
		j.beginText()
		j.b = append(j.b, d.pick(words().folders)...)
		j.b = append(j.b, ' ')
		j.b = strconv.AppendInt(j.b, int64(a.slot+1), 10)
		j.b = append(j.b, f.kind.suffix...)
		j.endText()
		j.strMember("media_type", f.kind.media)
		j.intMember("size_bytes", f.size)
		j.strMember("sha256", s.fileDigest(a).String())
		if d.percent(60) {
			dataset, _ := s.lasting(layout.Model, w.index, w.datasets, &d)
			j.strMember("dataset", dataset.id)
		}
		s.assetRecord(j, &d, w)
		j.endObject()
	}
	j.endArray()
}

func (s *Source) savedQueries(j *jsonText, d *draw, w *workspace) {
	j.name("saved_queries")
	j.array()
	for n := range d.below(2 + w.datasets/3) {
		dataset, _ := s.lasting(layout.Model, w.index, w.datasets, d)
		sh := s.shape(w, dataset)
		j.object()
		j.strMember("id", s.recordID(w.index, folderRecord+1, n))
		j.name("name")
		j.beginText()
		j.b = sh.appendLabel(j.b, w)
		j.endText()
		j.name("query")
		j.object()
		j.strMember("dataset", dataset.id)
		j.name("measures")
		j.array()
		j.beginText()
		j.b = sh.appendMeasure(j.b, d.below(sh.measureCount()))
		j.endText()
		j.endArray()
		j.name("filters")
		j.array()
		writeFilter(j, d, &sh, "")
		j.endArray()
		j.endObject()
		j.endObject()
	}
	j.endArray()
}

// grants writes what is shared: about one grant for four reports. Some are
// links with a password, whose hash is in the PHC string format.
func (s *Source) grants(j *jsonText, w *workspace) {
	j.name("grants")
	j.array()
	for n := range (w.reports + 3) / 4 {
		d := seeded(s.opts.Seed, forGrant, w.index, n, 0)
		report, _ := s.lasting(layout.Report, w.index, w.reports, &d)
		j.object()
		j.name("id")
		j.beginText()
		j.b = appendOpaque(append(j.b, "grt_"...), &d, 10)
		j.endText()
		j.name("resource")
		j.oneLine()
		j.object()
		j.strMember("type", "report")
		j.strMember("id", report.id)
		j.endObject()
		j.name("principal")
		link := d.percent(15)
		if link {
			j.oneLine()
			j.object()
			j.strMember("type", "link")
			j.name("id")
			j.beginText()
			j.b = appendOpaque(append(j.b, "lnk_"...), &d, 12)
			j.endText()
			j.endObject()
		} else {
			s.principal(j, &d, w)
		}
		j.name("actions")
		j.array()
		j.str("view")
		if d.percent(30) {
			j.str("export")
		}
		j.endArray()
		if d.percent(30) {
			j.timeMember("expires_at", (today+d.below(400))*1440)
		}
		if link && d.percent(50) {
			j.strMember("password_hash", "[redacted:password-hash]") // as archives have it
		}
		j.strMember("state", [...]string{"active", "active", "active", "closed"}[d.below(4)])
		j.endObject()
	}
	j.endArray()
}
