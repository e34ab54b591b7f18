package restore_test

import (
	"context"
	"fmt"

	"github.com/oneanalytics/oa-archive/restore"
)

// editor may bring in reports, and nothing else.
type editor struct{}

func (editor) Authorize(_ context.Context, needs []restore.Permission) error {
	var denied []restore.Permission
	for _, need := range needs {
		switch need.Action {
		case "workspace.merge", "report.create", "report.overwrite":
		default:
			denied = append(denied, need)
		}
	}
	if len(denied) > 0 {
		return &restore.DeniedError{Denied: denied}
	}
	return nil
}

// A service that runs imports for its users passes an Authorizer to Apply, in
// ApplyOptions, and to MakePlan, in Options, where it blocks steps early.
func ExampleAuthorizer() {
	var who restore.Authorizer = editor{}
	err := who.Authorize(context.Background(), []restore.Permission{
		{Action: "model.security.change", Resource: restore.Resource{Kind: "dataset", ID: "2a5e562b-ab37-4b9b-9de3-1be4335c8e83"}},
		{Action: "report.create", Resource: restore.Resource{Kind: "report", ID: "7d1c9f5e-0a4b-4d2e-8f63-5b7a9c1e2d34"}},
	})
	fmt.Println(err)
	// Output:
	// restore: 1 permission is missing
	//   model.security.change on dataset 2a5e562b-ab37-4b9b-9de3-1be4335c8e83
}
