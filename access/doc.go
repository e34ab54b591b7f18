// Package access computes who gains or loses what, when the metadata of a
// workspace and the rules of row security of its models change.
//
// It knows nothing of archives or stores. A [Side] holds one state: the people
// of the tenant in a [Directory], and a [Workspace] with its members, grants,
// owners and rules. [Compare] takes the state before and the state after, and
// returns a list of [Change], one for each person or group of people and each
// asset whose right differs. The list is empty exactly when nobody's right
// differs.
//
// # Rights
//
// A right is a level (none, view, edit, admin, owner) and permissions beyond
// it. Somebody's right to an asset is the sum of
//
//   - the role that a membership of the workspace gives, to the user or to a
//     team that the user is in; a role of the tenant's own has the level of
//     its base, and its permissions beyond that;
//   - grants on the asset and on its workspace, to the user, to a team of the
//     user, or to a role that the user has in the workspace, as long as they
//     are active and have not expired. The action edit is the level edit, the
//     others are the level view; share and export are permissions beyond it,
//     which the levels admin and owner include;
//   - ownership of the asset, which is the level owner;
//   - ownership of the tenant, which is the role admin in every workspace.
//
// Whoever is deactivated has no right. Whoever is suspended keeps the rights
// that were given, since suspensions end without anybody looking at rights
// again; that somebody may or may not sign in is a change of its own, of the
// tenant.
//
// Roles are matched by their id alone: a grant to viewer does not reach those
// whose role is merely based on viewer.
//
// Rights end when grants expire. Two states are compared at every moment from
// [Options].From on, so that a grant that ends later is seen as well. No clock
// is read.
//
// # Rows
//
// Rules of row security that match a user are AND-ed; a user whom no rule
// matches sees no rows; without rules everybody with access sees all of them.
// What somebody sees of a dataset is none, some or all rows. It is judged apart
// from the right to the dataset: it says what somebody would see who has one.
//
// Predicates are SQL, and whether one admits more rows than another cannot be
// decided. So somebody sees more unless the conditions after include all of
// those before, compared as text after normalisation. See [Conditions] for
// that and for the predicates that are recognised as admitting every row or
// none.
//
// # Whom a change is about
//
// Beside the users that the documents name there are people whom they do not
// name: those who will join a team, or get a role. So every team and every role
// is compared as a person who is nothing but in that team, or has nothing but
// that role; for rows there is also [Anyone], whom no rule names. A change of a
// user that a team or role of that user shares is listed once, for the team or
// role.
//
// All functions are safe for concurrent use; nothing that is passed in is
// changed or kept.
package access
