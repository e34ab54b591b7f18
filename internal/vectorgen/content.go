package vectorgen

import (
	"slices"
	"strings"

	"github.com/oneanalytics/oa-archive/layout"
	"github.com/oneanalytics/oa-archive/manifest"
	"github.com/oneanalytics/oa-archive/sign"
)

// rename gives a member another path.
func rename(m Member, path string) Member { return File(path, m.Content, Created) }

// signedFile is an entry with a signature by signer.
func signedFile(signer *sign.Signer, path string, content string) []Member {
	digest := sign.Digest(layout.DigestOf([]byte(content)))
	signature := must(signer.Sign(Namespace(ID, path), digest))
	return []Member{File(path, []byte(content), Created), File(layout.SignaturePath(path), signature, Created)}
}

// entryVectors are about paths, order, and agreement with the manifest.
func entryVectors() []Vector {
	extra := func(paths ...string) func() []byte {
		return members(func(m []Member) []Member {
			for _, path := range paths {
				m = slices.Insert(m, slices.IndexFunc(m, func(m Member) bool { return m.Alone }), signedFile(Key(1), path, "x")...)
			}
			return m
		})
	}
	listed := func(change func(*manifest.Manifest)) func() []byte {
		return with(func(c *Case) {
			c.Manifest = func(m *manifest.Manifest) {
				change(m)
				m.ContentHash = manifest.ContentHash(m.Entries)
				m.Coverage.Included = manifest.Counts(m.Entries)
			}
		})
	}
	return []Vector{
		{Name: "path-upper-case", Rule: "E-1", Code: "bad-path", Text: "A UUID in upper case.", Build: extra(strings.Replace("workspaces/2c54f1a2-6f5e-4c0e-9a55-1f2f3c4d5e6f/metadata.json", "2c54f1a2", "2C54F1A2", 1))},
		{Name: "path-dot-dot", Rule: "E-1", Code: "bad-path", Text: "A path that climbs.", Build: extra("extensions/v/../../x")},
		{Name: "path-absolute", Rule: "E-1", Code: "bad-path", Text: "An absolute path.", Build: extra("/extensions/v/x")},
		{Name: "path-unknown", Rule: "E-1", Code: "bad-path", Text: "A path outside the grammar.", Build: extra("notes.txt")},
		{Name: "order-reversed", Rule: "E-2", Code: "out-of-order", Text: "Two entries, with their signatures, have changed places.", Build: members(func(m []Member) []Member {
			return slices.Concat(m[:mReport], m[mAudit:mManifest], m[mReport:mAudit], m[mManifest:])
		})},
		{Name: "order-duplicate", Rule: "E-2", Code: "duplicate-entry", Text: "An entry stands there twice.", Build: members(func(m []Member) []Member { return slices.Insert(m, mAudit, m[mReport:mAudit]...) })},
		{Name: "conflict-folder", Rule: "E-4", Code: "path-conflict", Text: "A path is a file and a folder.", Build: extra("extensions/v/a", "extensions/v/a-b", "extensions/v/a/b")},
		{Name: "conflict-signature", Rule: "E-4", Code: "path-conflict", Text: "The signature of one entry is a folder for that of another.", Build: extra("extensions/v/a", "extensions/v/a.sig/b")},
		{Name: "entry-removed", Rule: "E-5", Code: "missing-entry", Text: "An entry and its signature were removed.", Build: members(func(m []Member) []Member { return slices.Delete(m, mReport, mAudit) })},
		{Name: "entry-added", Rule: "E-6", Code: "unlisted-entry", Text: "An entry was added, signed with the right key.", Build: extra("extensions/v/added")},
		{Name: "entry-renamed", Rule: "E-6", Code: "renamed-entry", Text: "An entry was renamed, together with its signature.", Build: members(func(m []Member) []Member {
			path := strings.Replace(report, "3a5e", "4a5e", 1)
			m[mReport], m[mReportSig] = rename(m[mReport], path), rename(m[mReportSig], layout.SignaturePath(path))
			return m
		})},
		{Name: "entry-longer", Rule: "E-7", Code: "size-mismatch", Text: "An entry has one byte more than the manifest says.", Build: members(func(m []Member) []Member {
			m[mReport] = File(report, append(m[mReport].Content, '\n'), Created)
			return m
		})},
		{Name: "entry-changed", Rule: "E-8", Code: "content-changed", Text: "One letter of an entry was changed.", Build: members(func(m []Member) []Member { m[mReport].Content[10] ^= 1; return m })},
		{Name: "entry-changed-and-signed", Rule: "E-8", Code: "content-changed", Text: "One letter of an entry was changed, and the entry signed again with the right key.", Build: members(func(m []Member) []Member {
			content := append([]byte(nil), m[mReport].Content...)
			content[10] ^= 1
			copy(m[mReport:], signedFile(Key(1), report, string(content)))
			return m
		})},
		{Name: "entry-swapped", Rule: "E-8", Code: "swapped-content", Text: "Two entries of the same size hold each other's content.", Build: with(func(c *Case) {
			c.Files = []Member{{Path: metadata, Content: []byte("{\"a\":1}")}, {Path: report, Content: []byte("{\"b\":2}")}}
			c.Members = func(m []Member) []Member {
				m[mMetadata].Content, m[mReport].Content = m[mReport].Content, m[mMetadata].Content
				return m
			}
		})},
		{Name: "offset-wrong", Rule: "E-9", Code: "offset-mismatch", Text: "The manifest says that an entry lies elsewhere.", Build: listed(func(m *manifest.Manifest) { m.Entries[0].Offset -= 512 })},
		{Name: "chunks-wrong", Rule: "E-10", Code: "chunk-list-mismatch", Text: "The manifest lists a wrong digest for one chunk; that of the whole is right.", Build: of(large, func(c *Case) {
			c.Manifest = func(m *manifest.Manifest) { m.Entries[1].Chunks[1][0] ^= 1 }
		})},
	}
}

// manifestVectors are about the manifest, signed with the right key.
func manifestVectors() []Vector {
	v := func(name, rule, old, new, what string) Vector {
		return Vector{Name: "manifest-" + name, Rule: rule, Code: "bad-manifest", Text: what, Build: text(old, new)}
	}
	list := []Vector{
		v("duplicate-member", "M-1", `"kind": "full"`, `"kind": "full", "kind": "full"`, "A member occurs twice."),
		v("folded-member", "M-1", `"size": 3`, `"size": 3, "ſize": 4`, "Two members of an entry that a lax decoder takes for the same."),
		v("second-document", "M-1", "\n}\n", "\n}\n{}\n", "A second document follows."),
		v("not-utf8", "M-1", `"Acme"`, "\"Acm\xe9\"", "Not UTF-8."),
		v("lone-surrogate", "M-1", `"Acme"`, `"Acme \ud800"`, "Half of a surrogate pair."),
		v("number-precision", "M-1", `"size": 3`, `"size": 3, "x": 0.1000000000000000055511151231257827`, "A number that loses digits."),
		v("deep", "M-1", `"kind": "full"`, `"kind": "full", "x": `+strings.Repeat("[", 70)+strings.Repeat("]", 70), "Nested 70 levels deep."),
		v("byte-order-mark", "M-1", "{\n  \"format\"", "\xef\xbb\xbf{\n  \"format\"", "A byte order mark."),
		v("missing-member", "M-2", `"generator": "vectorgen",`, ``, "A required member is missing."),
		v("other-case", "M-2", `"purpose": "manual"`, `"purpose": "manual", "Sequence": 1`, "A member whose name differs from a known one only in case."),
		v("id", "M-3", ID+`",`+"\n  \"created", strings.ToUpper(ID)+`",`+"\n  \"created", "The id in upper case."),
		v("time", "M-4", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00", "The time in another spelling."),
		v("generator", "M-5", `"vectorgen"`, `"vector\u001b[2Jgen"`, "A control character for the reader's terminal."),
		v("incremental", "M-6", `"full"`, `"incremental"`, "The reserved kind."),
		v("purpose", "M-7", `"manual"`, `"fun"`, "A purpose that does not exist."),
		v("sequence", "M-8", `"purpose": "manual"`, `"purpose": "manual", "sequence": 1.0`, "A sequence number that is no integer."),
		v("tenant", "M-9", `"id": "acme"`, `"id": ".acme"`, "A tenant's id that begins with a dot."),
		v("key", "M-10", `"SHA256:`, `"MD5:`, "A signing key of another form."),
		v("coverage", "M-12", `"report": 1`, `"report": 2`, "The coverage section counts more reports than there are."),
		v("entry-path", "M-13", `"path": "audit/`, `"path": "audits/`, "An entry whose path is not in the grammar."),
		v("entry-size", "M-14", `"size": 3,`, `"size": 3e0,`, "A size with an exponent."),
		v("digest-case", "M-14", `"sha256": "`, `"sha256": "A`, "A digest of another form."),
		v("chunks-of-small", "M-15", `"size": 3, "sha256"`, `"size": 3, "chunks": ["`+strings.Repeat("0", 64)+`"], "sha256"`, "Chunk digests for a small entry."),
		v("rows-of-report", "M-20", `"sha256": "`, `"rows": {"count": 3}, "sha256": "`, "Statistics of rows for an entry that holds none."),
		rowsVector("rows-count", `{"count": -1}`, "A negative number of rows."),
		rowsVector("rows-fraction", `{"count": 2.0}`, "A number of rows that is no integer."),
		rowsVector("rows-nulls-empty", `{"count": 2, "schema": "id int64", "nulls": []}`, "An empty list of nulls."),
		rowsVector("rows-nulls-alone", `{"count": 2, "nulls": [0]}`, "Nulls of columns that no schema names."),
		rowsVector("rows-nulls-negative", `{"count": 2, "schema": "id int64", "nulls": [-1]}`, "A negative number of nulls."),
		rowsVector("rows-schema-control", `{"count": 2, "schema": "id\u001b[2J int64"}`, "A control character in the schema."),
		v("critical-form", "M-16", `"critical": []`, `"critical": [7]`, "The name of an extension is a number."),
		v("extension-name", "M-17", `"extensions": {}`, `"extensions": {"A B": 1}`, "The name of an extension has a space."),
		v("reserved", "M-18", `"extensions": {}`, `"extensions": {}, "base": {"a": 1, "a": 2}`, "A reserved member is not strict JSON."),
		v("format-not-first", "V-1", "{\n  \"format\"", "{ \"a\": 1,\n  \"format\"", "The format is not the first member."),
		{Name: "manifest-content-hash", Rule: "M-11", Code: "content-hash-mismatch", Text: "The content hash is that of another archive.", Build: text(`"content_hash": "h1:`, `"content_hash": "h1:`+"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\", \"x\": \"")},
		{Name: "version-major", Rule: "V-2", Code: "newer-format", Text: "Format 2.0 in the manifest, with things in it that 1.0 would refuse.", Build: text(`"format": "1.0",`, `"format": "2.0", "format": 5,`)},
		{Name: "version-min-reader", Rule: "V-3", Code: "newer-format", Text: "Format 1.7, which asks for a reader of 1.5.", Build: with(func(c *Case) {
			c.Hint = replaceHint("1.0", "1.7")
			c.Text = func(s string) string {
				return replacer(`"format": "1.0",`+"\n"+`  "min_reader": "1.0"`, `"format": "1.7",`+"\n"+`  "min_reader": "1.5"`)(s)
			}
		})},
		recoveredVector("recovered-alone", "", "", "A recovered archive that does not say what it was made from."),
		recoveredVector("recovered-itself", ID, "false", "A recovered archive that names itself as what it was made from."),
		recoveredVector("recovered-complete", DamagedID, "true", "A recovered archive that is complete and lists what it lost."),
		{Name: "manifest-recovered-min-reader", Rule: "M-21", Code: "bad-manifest", Text: "A recovered archive that readers of 1.0 may read, who do not know what it is.", Build: of(recovered, func(c *Case) {
			c.Text = replacer(`"min_reader": "1.1"`, `"min_reader": "1.0"`)
		})},
		{Name: "manifest-recovered-manual", Rule: "M-21", Code: "bad-manifest", Text: "An archive of another purpose that says what it was recovered from.", Build: of(recovered, func(c *Case) {
			c.Text = replacer(`"purpose": "recovered"`, `"purpose": "manual"`)
		})},
		{Name: "manifest-recovered-before", Rule: "M-7", Code: "bad-manifest", Text: "The purpose of recovered archives in an archive of format 1.0, which does not know it.", Build: of(recovered, func(c *Case) {
			c.Hint = replaceHint("1.1", "1.0")
			c.Text = replacer(`"format": "1.1",`+"\n"+`  "min_reader": "1.1"`, `"format": "1.0",`+"\n"+`  "min_reader": "1.0"`)
		})},
		{Name: "version-critical", Rule: "V-4", Code: "unknown-critical", Text: "A critical extension that nobody knows.", Build: text(`"critical": []`, `"critical": ["com.example.future"]`)},
	}
	// The reserved member's value is checked as part of the whole document.
	for i := range list {
		if list[i].Name == "manifest-reserved" {
			list[i].Rule = "M-1"
		}
	}
	return list
}

// DamagedID is the id of the archive that recovered ones say they come from.
const DamagedID = "019a9b3c-0000-7000-8000-00000000000d"

// recovered is a right archive that was made of what was left of another.
func recovered() Case {
	c := base()
	c.Purpose = manifest.PurposeRecovered
	c.Extensions = manifest.Members{{Name: manifest.RecoveredExtension, Value: []byte(`{"archive": "` + DamagedID + `", "complete": false, "lost": [{"path": "` + model + `", "reason": "the file ends before it"}]}`)}}
	return c
}

// recoveredVector changes the two members of the extension; without an
// archive's id there is no extension.
func recoveredVector(name, archive, complete, what string) Vector {
	return Vector{Name: "manifest-" + name, Rule: "M-21", Code: "bad-manifest", Text: what, Build: of(recovered, func(c *Case) {
		c.Text = func(s string) string {
			if archive == "" {
				return replacer(`"recovered": {`, `"recover": {`)(s)
			}
			s = replacer(`"archive": "`+DamagedID, `"archive": "`+archive)(s)
			return replacer(`"complete": false`, `"complete": `+complete)(s)
		}
	})}
}

// rowsVector is a vector with the statistics of an entry of rows.
func rowsVector(name, statistics, what string) Vector {
	return Vector{Name: "manifest-" + name, Rule: "M-20", Code: "bad-manifest", Text: what, Build: with(func(c *Case) {
		c.Files = []Member{c.Files[0], {Path: rows, Content: []byte("PAR1")}}
		c.Text = replacer(`"size": 4,`, `"size": 4, "rows": `+statistics+`,`)
	})}
}

// signatureVectors are about signatures.
func signatureVectors() []Vector {
	replaced := func(index int, ns string, key byte, content func(Member) []byte) func() []byte {
		return members(func(m []Member) []Member {
			of := m[index-1]
			b := of.Content
			if content != nil {
				b = content(of)
			}
			m[index] = File(m[index].Path, must(Key(key).Sign(ns, sign.Digest(layout.DigestOf(b)))), Created)
			return m
		})
	}
	withoutSignatures := func(m []Member) []Member {
		return slices.DeleteFunc(m, func(m Member) bool { _, ok := layout.SignedPath(m.Path); return ok })
	}
	mangled := func(change func(string) string) func() []byte {
		return members(func(m []Member) []Member {
			m[mReportSig] = File(m[mReportSig].Path, []byte(change(string(m[mReportSig].Content))), Created)
			return m
		})
	}
	return []Vector{
		{Name: "signature-text-before", Rule: "S-1", Code: "malformed-signature", Text: "Text before the armor.", Build: mangled(func(s string) string { return "From: me\n" + s })},
		{Name: "signature-other-wrapping", Rule: "S-1", Code: "malformed-signature", Text: "The same signature, its lines broken elsewhere.", Build: mangled(func(s string) string {
			lines := strings.Split(s, "\n")
			lines[1], lines[2] = lines[1]+lines[2][:1], lines[2][1:]
			return strings.Join(lines, "\n")
		})},
		{Name: "signature-empty", Rule: "S-1", Code: "malformed-signature", Text: "An empty signature.", Build: mangled(func(string) string { return "" })},
		{Name: "signature-missing", Rule: "S-2", Code: "missing-signature", Text: "One signature was removed.", Build: members(func(m []Member) []Member { return slices.Delete(m, mReportSig, mReportSig+1) })},
		{Name: "signature-of-manifest-missing", Rule: "S-2", Code: "missing-signature", Text: "The manifest's signature was removed.", Build: members(func(m []Member) []Member { return m[:mManifestSig] })},
		{Name: "signature-other-archive", Rule: "S-3", Code: "signature-of-other-archive", Text: "A signature from another archive, same path and content.", Build: replaced(mReportSig, Namespace(OtherID, report), 1, nil)},
		{Name: "signature-of-manifest-other-archive", Rule: "S-3", Code: "signature-of-other-archive", Text: "The manifest's signature is for another archive.", Build: replaced(mManifestSig, Namespace(OtherID, layout.ManifestPath), 1, nil)},
		{Name: "signature-other-entry", Rule: "S-3", Code: "signature-of-other-entry", Text: "A signature for another path, same content.", Build: replaced(mReportSig, Namespace(ID, strings.Replace(report, "3a5e", "4a5e", 1)), 1, nil)},
		{Name: "signature-other-use", Rule: "S-3", Code: "signature-of-other-use", Text: "A signature that the key's owner made over a file, not for an archive.", Build: replaced(mReportSig, "file", 1, nil)},
		{Name: "signature-wrong", Rule: "S-4", Code: "bad-signature", Text: "A signature over other content.", Build: replaced(mReportSig, Namespace(ID, report), 1, func(Member) []byte { return []byte("other") })},
		{Name: "signature-of-manifest-wrong", Rule: "S-4", Code: "bad-signature", Text: "The manifest was changed after it was signed.", Build: with(func(c *Case) { c.Signed = replacer(`"Acme"`, `"Acne"`) })},
		{Name: "signature-other-key", Rule: "S-5", Code: "signature-by-other-key", Text: "One entry is signed by another key.", Build: replaced(mReportSig, Namespace(ID, report), 2, nil)},
		{Name: "signature-all-other-key", Rule: "S-5", Code: "signature-by-other-key", Text: "Everything is signed by another key than the manifest names.", Build: with(func(c *Case) {
			c.Sign = func(path string, digest sign.Digest) []byte { return must(Key(2).Sign(Namespace(ID, path), digest)) }
		})},
		{Name: "signature-before-entry", Rule: "S-6", Code: "orphaned-signature", Text: "A signature stands before its entry.", Build: members(func(m []Member) []Member {
			m[mReport], m[mReportSig] = m[mReportSig], m[mReport]
			return m
		})},
		{Name: "signature-orphaned", Rule: "S-6", Code: "orphaned-signature", Text: "A signature of an entry that is not there.", Build: members(func(m []Member) []Member {
			return slices.Insert(m, mManifest, signedFile(Key(1), "extensions/v/a", "x")[1])
		})},
		{Name: "signature-in-unsigned", Rule: "S-7", Code: "unexpected-signature", AllowUnsigned: true, Text: "An unsigned archive with one signature.", Build: with(func(c *Case) {
			c.Signer = nil
			c.Members = func(m []Member) []Member {
				return slices.Insert(m, 2, signedFile(Key(1), metadata, string(m[1].Content))[1])
			}
		})},
		{Name: "signature-stripped", Rule: "S-8", Code: "signatures-stripped", AllowUnsigned: true, Text: "All signatures were removed; the reader accepts unsigned archives, but not this.", Build: members(withoutSignatures)},
		{Name: "unsigned", Rule: "T-3", Code: "unsigned", Text: "An unsigned archive for a reader that was not told to accept that.", Build: with(func(c *Case) { c.Signer = nil })},
	}
}
