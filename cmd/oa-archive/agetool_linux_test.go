package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAgeToolPassphrases exchanges archives under a passphrase with the age tool
// of the system, which asks for it on a terminal only; binary and armored.
func TestAgeToolPassphrases(t *testing.T) {
	age, err := exec.LookPath("age")
	if err != nil {
		t.Fatal("this test needs age: install the Debian package age")
	}
	r := onTerminal(t, 100)
	r.env = append(r.env, "OA_ARCHIVE_PASSPHRASE_FILE=", "OA_ARCHIVE_RECIPIENTS=", "OA_ARCHIVE_IDENTITY=", "OA_ARCHIVE_KMS=", "OA_ARCHIVE_KMS_KEY=")
	const id = "019ac8e2-9c40-7000-8000-000000000001"
	r.env = append(r.env, "SOURCE_DATE_EPOCH=1795000000")
	r.run(0, nil, "create", "--from", "dir:tenant", "-o", "plain", "--unsigned", "--archive-id", id)
	same := func(name string) {
		t.Helper()
		want, err := os.ReadFile(filepath.Join(r.dir, "plain"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(r.dir, name)); err != nil || string(got) != string(want) {
			t.Errorf("%s is not the archive: %v", name, err)
		}
	}
	twice := []string{"New passphrase of the archive", "horse battery\n", "same again", "horse battery\n"}
	screen := r.run(0, twice, "create", "--from", "dir:tenant", "-o", "ours.age", "--unsigned", "--archive-id", id, "--archive-passphrase")
	r.runProgram(0, []string{"assphrase", "horse battery\n"}, age, "-d", "-o", "ours", "ours.age")
	same("ours")
	r.run(1, []string{"New passphrase", "horse\n", "same again", "mule\n"}, "create", "--from", "dir:tenant", "-o", "no.age", "--unsigned", "--archive-passphrase")
	r.run(1, []string{"New passphrase", "\n", "same again", "\n"}, "create", "--from", "dir:tenant", "-o", "no.age", "--unsigned", "--archive-passphrase")
	if _, err := os.Stat(filepath.Join(r.dir, "no.age")); err == nil {
		t.Error("an archive was written although the passphrases differ or are empty")
	}
	for _, armored := range []string{"", "-a"} {
		args := strings.Fields("-p " + armored + " -o theirs.age plain")
		r.runProgram(0, []string{"Enter passphrase", "horse battery\n", "Confirm passphrase", "horse battery\n"}, age, args...)
		asked := []string{"Passphrase of the archive", "horse battery\n"}
		screen += r.run(0, asked, "verify", "theirs.age", "--allow-unsigned", "--allow-unknown-signer")
		if err := os.Remove(filepath.Join(r.dir, "theirs.age")); err != nil {
			t.Fatal(err)
		}
	}
	if wrong := r.run(1, []string{"Passphrase of the archive", "mule\n"}, "verify", "ours.age"); !strings.Contains(wrong, "the passphrase is wrong") {
		t.Error(wrong)
	}
	// Identities that are encrypted with a passphrase, as age's manual suggests.
	r.runProgram(0, nil, "/bin/sh", "-c", "age-keygen -o key 2>/dev/null && age-keygen -y key >key.pub")
	r.runProgram(0, []string{"Enter passphrase", "horse battery\n", "Confirm passphrase", "horse battery\n"}, age, "-p", "-o", "key.age", "key")
	r.run(0, nil, "rekey", "plain", "-o", "k.age", "--recipient", "key.pub")
	screen += r.run(0, []string{`Passphrase for "key.age"`, "horse battery\n"}, "verify", "k.age", "--identity", "key.age", "--allow-unsigned", "--allow-unknown-signer")
	r.run(130, []string{"Passphrase for", "\x03"}, "verify", "k.age", "--identity", "key.age")
	if strings.Contains(screen, "horse") {
		t.Errorf("a passphrase was echoed:\n%s", screen)
	}
}

// TestAgeToolPostQuantum exchanges archives with the age tool of the version that
// go.mod names, since that of the system may be older than post-quantum keys.
func TestAgeToolPostQuantum(t *testing.T) {
	r := onTerminal(t, 100)
	for _, tool := range []string{"age", "age-keygen"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(r.dir, tool), "filippo.io/age/cmd/"+tool).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", tool, err, out)
		}
	}
	r.env = append(r.env, "SOURCE_DATE_EPOCH=1795000000")
	r.runProgram(0, nil, "/bin/sh", "-ec", "./age-keygen -pq -o key; ./age-keygen -y key >key.pub; grep -q ^age1pq1 key.pub; grep -q AGE-SECRET-KEY-PQ-1 key; ./age-keygen -o old; ./age-keygen -y old >old.pub")
	r.run(0, nil, "create", "--from", "dir:tenant", "-o", "plain", "--unsigned")
	r.run(0, nil, "rekey", "plain", "-o", "ours.age", "--recipient", "key.pub")
	r.runProgram(0, nil, "/bin/sh", "-ec", "./age -d -i key -o ours ours.age; cmp ours plain; ./age -R key.pub -o theirs.age plain; ./age -a -R key.pub -o armored.age plain")
	for _, file := range []string{"ours.age", "theirs.age", "armored.age"} {
		r.run(0, nil, "verify", file, "--identity", "key", "--allow-unsigned", "--allow-unknown-signer")
		if screen := r.run(1, nil, "verify", file, "--identity", "old"); !strings.Contains(screen, "a post-quantum age key (age1pq1…)") {
			t.Error(screen)
		}
	}
	if screen := r.run(2, nil, "rekey", "plain", "-o", "mixed.age", "--recipient", "key.pub", "--recipient", "old.pub"); !strings.Contains(screen, "cannot be mixed") {
		t.Error(screen)
	}
}
