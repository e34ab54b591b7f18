package residency

import (
	"fmt"
	"strings"

	"github.com/oneanalytics/oa-archive/manifest"
)

// assigned are the codes of ISO 3166-1 alpha-2 as of 2026, and XK, which its
// users give to Kosovo.
const assigned = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ" +
	" CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR" +
	" GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP" +
	" KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ" +
	" NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW" +
	" SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ" +
	" UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK "

// CheckCountry reports whether code is a country's: two capital letters that
// ISO 3166-1 assigns today. Manifests are held to the form alone.
func CheckCountry(code string) error {
	if err := manifest.CheckCountry(code); err != nil {
		upper := strings.ToUpper(code)
		if manifest.CheckCountry(upper) == nil && strings.Contains(assigned, " "+upper+" ") {
			return fmt.Errorf("%s is not a country; write %s", printable(code), upper)
		}
		return fmt.Errorf("%s is not a country: want two capital letters, as ISO 3166-1 has them", printable(code))
	}
	switch {
	case strings.Contains(assigned, " "+code+" "):
		return nil
	case code == "UK":
		return fmt.Errorf("UK is not a country's code in ISO 3166-1; write GB")
	case code == "EU":
		return fmt.Errorf("EU is not a country but a jurisdiction")
	}
	return fmt.Errorf("%s is not a country's code in ISO 3166-1", code)
}
