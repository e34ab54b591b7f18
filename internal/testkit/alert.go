package testkit

import "github.com/oneanalytics/oa-archive/layout"

// alert appends an alert.
func (s *Source) alert(a asset, b []byte) []byte {
	w := s.workspace(a.ws)
	d := s.stream(forContent, a)
	dataset, _ := s.lasting(layout.Model, a.ws, w.datasets, &d)
	sh := s.shape(&w, dataset)
	j := jsonText{b: b, indent: [...]int{0, 2, 2, 4}[d.below(4)]}
	j.object()
	j.strMember("id", a.id)
	j.strMember("workspace", w.id)
	n := d.below(sh.measureCount())
	j.name("name")
	j.beginText()
	j.b = append(j.b, sh.base(n).label[w.language]...)
	j.b = append(j.b, [...]string{" off plan, ", " außer Plan, ", " hors cible, ", "の警告・"}[w.language]...)
	j.b = append(j.b, d.pick(words().regions)...)
	j.endText()
	if d.percent(70) {
		j.name("description")
		j.beginText()
		j.b = s.appendSentence(j.b, &d, &w, &sh)
		j.endText()
	}
	created := s.assetRecord(&j, &d, &w)
	updated := created + d.below(today*1440-created)
	if a.revision > 0 {
		updated = revisedOn*1440 + a.slot%1440
	}
	j.timeMember("updated_at", updated)
	j.strMember("dataset", dataset.id)
	j.name("measure")
	j.beginText()
	j.b = sh.appendMeasure(j.b, n)
	j.endText()
	if d.percent(60) {
		j.name("filters")
		j.array()
		for range 1 + d.below(3) {
			writeFilter(&j, &d, &sh, "")
		}
		j.endArray()
	}
	s.condition(&j, &d, &sh, n)
	j.name("window")
	j.oneLine()
	j.object()
	j.strMember("grain", [...]string{"hour", "day", "week", "month"}[d.below(4)])
	j.intMember("count", 1+d.below(4))
	j.endObject()
	s.channels(&j, &d, &w)
	s.alertState(&j, &d)
	j.endObject()
	return append(j.b, '\n')
}

// assetRecord writes what assets have in common: owner, folder, tags, and the
// time of creation, which it returns in minutes.
func (s *Source) assetRecord(j *jsonText, d *draw, w *workspace) (created int) {
	if d.percent(92) {
		j.name("owner")
		j.beginText()
		j.b = s.appendUserID(j.b, s.anyUser(w, d))
		j.endText()
	} else {
		j.name("owner")
		j.raw("null")
	}
	if d.percent(80) {
		j.strMember("folder", s.folderID(w, d.below(w.folders)))
	}
	if d.percent(60) {
		j.name("tags")
		j.array()
		first := d.below(w.tags)
		for i := range 1 + d.below(3) {
			j.str(s.tagID(w, (first+i)%w.tags))
		}
		j.endArray()
	}
	created = d.below(today * 1440)
	j.timeMember("created_at", created)
	return created
}

func (s *Source) condition(j *jsonText, d *draw, sh *shape, n int) {
	j.name("condition")
	j.oneLine()
	j.object()
	switch d.below(10) {
	case 0, 1, 2, 3, 4:
		j.strMember("type", "threshold")
		j.strMember("op", [...]string{"<", "<=", ">", ">="}[d.below(4)])
		j.name("value")
		j.decimal(d.below(50_000_000))
	case 5, 6, 7:
		j.strMember("type", "change")
		j.strMember("direction", [...]string{"up", "down", "any"}[d.below(3)])
		j.name("percent")
		j.decimal(100 + d.below(4900))
		j.strMember("compare_to", [...]string{"previous_window", "same_window_last_year"}[d.below(2)])
	case 8:
		j.strMember("type", "anomaly")
		j.strMember("sensitivity", [...]string{"low", "medium", "high"}[d.below(3)])
	default:
		j.strMember("type", "custom")
		j.name("expression")
		j.beginText()
		j.b = append(j.b, '{')
		j.b = sh.appendMeasure(j.b, n)
		j.b = append(j.b, "} / {"...)
		j.b = sh.appendMeasure(j.b, (n+1)%sh.measureCount())
		j.b = append(j.b, "} > "...)
		j.b = appendDecimal(j.b, d.below(500))
		j.endText()
	}
	j.endObject()
}

func (s *Source) channels(j *jsonText, d *draw, w *workspace) {
	j.name("channels")
	j.array()
	for range 1 + d.below(3) {
		j.object()
		switch d.below(10) {
		case 0, 1, 2, 3:
			j.strMember("type", "email")
			j.name("to")
			j.array()
			for range 1 + d.below(3) {
				u := s.user(s.anyUser(w, d))
				j.beginText()
				j.b = s.appendEmail(j.b, &u)
				j.endText()
			}
			j.endArray()
		case 4, 5, 6:
			j.strMember("type", "in_app")
			j.name("to")
			j.array()
			s.principal(j, d, w)
			j.endArray()
		case 7:
			j.strMember("type", "slack")
			j.strMember("channel", [...]string{"#sales-alarm", "#werk-2", "#données", "#oncall"}[d.below(4)])
		case 8:
			j.strMember("type", "webhook")
			j.name("url")
			j.beginText()
			j.b = append(j.b, "https://hooks."...)
			j.b = append(j.b, s.host...)
			j.b = append(j.b, ".example/oa/"...)
			j.b = append(j.b, d.pick(words().connections)...)
			j.endText()
			j.strMember("secret_slot", "alarm-hook")
		default:
			j.strMember("type", "sms")
			j.name("to")
			j.array()
			j.beginText()
			j.b = append(j.b, "+49151"...)
			for range 8 {
				j.b = append(j.b, byte('0'+d.below(10)))
			}
			j.endText()
			j.endArray()
		}
		j.endObject()
	}
	j.endArray()
}

// principal writes a user or team of the workspace.
func (s *Source) principal(j *jsonText, d *draw, w *workspace) {
	j.oneLine()
	j.object()
	if d.percent(50) {
		j.strMember("type", "team")
		j.name("id")
		j.beginText()
		j.b = s.appendTeamID(j.b, w, d.below(w.teams))
	} else {
		j.strMember("type", "user")
		j.name("id")
		j.beginText()
		j.b = s.appendUserID(j.b, s.anyUser(w, d))
	}
	j.endText()
	j.endObject()
}

func (s *Source) alertState(j *jsonText, d *draw) {
	j.name("state")
	j.oneLine()
	j.object()
	switch d.below(8) {
	case 0:
		j.strMember("status", "paused")
	case 1:
		j.strMember("status", "snoozed")
		j.timeMember("until", (today+d.below(60))*1440)
	default:
		j.strMember("status", "active")
	}
	j.endObject()
}
