package restore

import (
	"strings"
	"testing"
)

func TestPasswordsOfLinks(t *testing.T) {
	protected := func(hash string) func(*testing.T, world) world {
		return func(t *testing.T, w world) world {
			return w.edit(t, salesMeta, `"id": "k1"}, "actions": ["view"],`, `"id": "k1"}, "actions": ["view"], "password_hash": "`+hash+`",`)
		}
	}
	const own = "$argon2id$v=19$m=65536,t=3,p=2$c2FsdA$b3du"
	run(t, []rule{
		{
			name: "a link keeps the password of the target", archive: protected(withheldHash), target: protected(own), opts: Options{OnConflict: Overwrite},
			want: map[string]Decision{wsSales: Unchanged},
		},
		{
			name: "a link that is new stays shut", archive: protected(withheldHash),
			after: func(t *testing.T, _, after world) {
				if !strings.Contains(after[salesMeta], `"password_hash": "`+withheldHash+`"`) {
					t.Error(after[salesMeta])
				}
			},
		},
		{
			name: "a link that the target protects does not lose that with the rest", target: protected(own), opts: Options{OnConflict: Overwrite},
			archive: func(t *testing.T, w world) world {
				return protected(withheldHash)(t, w).edit(t, salesMeta, `"name": "North"`, `"name": "South"`)
			},
			after: func(t *testing.T, _, after world) {
				if !strings.Contains(after[salesMeta], own) || !strings.Contains(after[salesMeta], "South") {
					t.Error(after[salesMeta])
				}
			},
		},
	})
}
