package store

import "fmt"

// CreateServiceAccount stores the user of a service account: of the instance, where of is
// the zero Source, or of a group or project. A missing name and user name are filled in.
func (s *State) CreateServiceAccount(of Source, name, username, email string) *User {
	if username == "" {
		username = "service_account_" + newHash()
		if of.ID != 0 {
			username = fmt.Sprintf("service_account_%s_%d_%s", of.Kind, of.ID, newHash())
		}
	}
	if name == "" {
		name = "Service account user"
	}
	if email == "" {
		email = username + "@noreply.localhost"
	}
	return s.CreateUser(User{Username: username, Name: name, Email: email, State: "active", ServiceAccount: true, ServiceAccountOf: of})
}

// ServiceAccountsOf lists the service accounts of the instance, a group or a project,
// newest first.
func (s *State) ServiceAccountsOf(of Source) []*User {
	var found []*User
	for _, user := range s.Users() {
		if user.ServiceAccount && user.ServiceAccountOf == of {
			found = append(found, user)
		}
	}
	return found
}
