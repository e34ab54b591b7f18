package strictjson

import "testing"

func TestIntegersOfManyDigits(t *testing.T) {
	for text, want := range map[string]bool{
		"999999999999999999": true, "-99999999999999999": true, "9223372036854775807": true, "-9223372036854775808": true,
		"9223372036854775808": false, "-9223372036854775809": false, "10000000000000000000": false, "-0": true,
	} {
		if err := Check([]byte(text), Limits{}); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
