package graphqlapi

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (r *resolvers) userFields() map[string]graphql.Resolver {
	fields := map[string]graphql.Resolver{
		"CurrentUser.admin": field(func(u user) any { return u.Admin }),
	}
	for _, name := range []string{"CurrentUser", "UserCore"} {
		fields[name+".id"] = field(func(u user) any { return globalID("User", u.ID) })
		fields[name+".username"] = field(func(u user) any { return u.Username })
		fields[name+".name"] = field(func(u user) any { return u.Name })
		fields[name+".active"] = field(func(u user) any { return u.State == "active" })
		fields[name+".bot"] = field(func(u user) any { return u.Bot || u.ServiceAccount })
		fields[name+".human"] = field(func(u user) any { return !u.Bot && !u.ServiceAccount })
		fields[name+".state"] = field(func(u user) any { return u.State })
		fields[name+".type"] = field(func(u user) any {
			switch {
			case u.Bot:
				return "PROJECT_BOT"
			case u.ServiceAccount:
				return "SERVICE_ACCOUNT"
			}
			return "HUMAN"
		})
		fields[name+".webPath"] = field(func(u user) any { return "/" + u.Username })
		fields[name+".webUrl"] = field(func(u user) any { return r.baseURL + "/" + u.Username })
	}
	return fields
}

// accessLevel is the value of the type AccessLevel.
func accessLevel(level store.AccessLevel) map[string]any {
	human, name := "No access", "NO_ACCESS"
	switch level {
	case store.MinimalAccess:
		human, name = "Minimal Access", "MINIMAL_ACCESS"
	case store.Guest:
		human, name = "Guest", "GUEST"
	case store.Planner:
		human, name = "Planner", "PLANNER"
	case store.Reporter:
		human, name = "Reporter", "REPORTER"
	case store.SecurityManager:
		human, name = "Security Manager", "SECURITY_MANAGER"
	case store.Developer:
		human, name = "Developer", "DEVELOPER"
	case store.Maintainer:
		human, name = "Maintainer", "MAINTAINER"
	case store.Owner:
		human, name = "Owner", "OWNER"
	case store.NoAccess:
	}
	return map[string]any{"humanAccess": human, "integerValue": int(level), "stringValue": name}
}
