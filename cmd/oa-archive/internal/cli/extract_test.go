package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/oneanalytics/oa-archive/layout"
)

// TestNamesOfDevices lists what the grammar of paths allows and Windows takes for a
// device, in any folder and with any extension.
func TestNamesOfDevices(t *testing.T) {
	devices := strings.Fields("con prn aux nul com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9")
	for _, device := range devices {
		for _, path := range []string{"extensions/v/" + device, "extensions/" + device + "/x", "extensions/v/" + device + ".json", "extensions/v/" + device + ".tar.gz/x",
			"signatures/extensions/v/" + device + ".sig"} {
			if !strings.HasPrefix(path, "signatures/") {
				if _, err := layout.Parse(path); err != nil {
					t.Errorf("the test is about paths of archives: %v", err)
				}
			}
			var f *failure
			if err := portable([]string{"manifest.json", path}); !errors.As(err, &f) || f.code != "special-name" || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for _, name := range []string{"console", "com", "com10", "lpt", "conx.json", "x.con", "nul-1", "_con", "auxiliary", "com1_", "prn2"} {
		if err := portable([]string{"extensions/v/" + name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
