package variables

import (
	"context"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

func (s *Service) page(ctx context.Context, of gitlab.Key, page client.ListOptions) ([]Variable, *client.Response, error) {
	if of.Kind == gitlab.KindGroup {
		list, response, err := s.gitlab.REST().GroupVariables.ListVariables(of.ID, &client.ListGroupVariablesOptions{ListOptions: page}, gitlab.RESTContext(ctx))
		return listed(list, groupVariable), response, err
	}
	list, response, err := s.gitlab.REST().ProjectVariables.ListVariables(of.ID, &client.ListProjectVariablesOptions{ListOptions: page}, gitlab.RESTContext(ctx))
	return listed(list, projectVariable), response, err
}

func (s *Service) get(ctx context.Context, of gitlab.Key, v Variable) (Variable, error) {
	options := client.GetProjectVariableOptions{Filter: v.filter()}
	if of.Kind == gitlab.KindGroup {
		inGroup := client.GetGroupVariableOptions(options)
		return stored(v.Key, groupVariable)(s.gitlab.REST().GroupVariables.GetVariable(of.ID, v.Key, &inGroup, gitlab.RESTContext(ctx)))
	}
	return stored(v.Key, projectVariable)(s.gitlab.REST().ProjectVariables.GetVariable(of.ID, v.Key, &options, gitlab.RESTContext(ctx)))
}

// post makes a variable. The parameter for hidden ones is GitLab's masked_and_hidden.
func (s *Service) post(ctx context.Context, of gitlab.Key, v Variable) (Variable, error) {
	value, option := v.Value.Reveal(), gitlab.RESTContext(transport.WithEffect(ctx, transport.Write))
	options := client.CreateProjectVariableOptions{
		Key: &v.Key, Value: &value, Description: &v.Description, EnvironmentScope: &v.Scope,
		Masked: &v.Masked, Protected: &v.Protected, Raw: &v.Raw, VariableType: v.variableType(),
	}
	if v.Hidden {
		options.MaskedAndHidden = &v.Hidden
	}
	if of.Kind == gitlab.KindGroup {
		inGroup := client.CreateGroupVariableOptions(options)
		return stored(v.Key, groupVariable)(s.gitlab.REST().GroupVariables.CreateVariable(of.ID, &inGroup, option))
	}
	return stored(v.Key, projectVariable)(s.gitlab.REST().ProjectVariables.CreateVariable(of.ID, &options, option))
}

// put changes a variable, and its value if that is asked for: what is left out stays as it is. GitLab
// refuses a masked flag for hidden ones, and keeps the scope.
func (s *Service) put(ctx context.Context, of gitlab.Key, v Change, withValue bool) (Variable, error) {
	option := gitlab.RESTContext(transport.WithEffect(ctx, transport.Repeatable))
	options := client.UpdateProjectVariableOptions{
		Filter:    v.filter(),
		Protected: &v.Protected, Raw: &v.Raw, VariableType: v.variableType(),
	}
	if withValue {
		value := v.Value.Reveal()
		options.Value = &value
	}
	if v.Describe {
		options.Description = &v.Description
	}
	if !v.Hidden {
		options.Masked = &v.Masked
	}
	if of.Kind == gitlab.KindGroup {
		inGroup := client.UpdateGroupVariableOptions(options)
		return stored(v.Key, groupVariable)(s.gitlab.REST().GroupVariables.UpdateVariable(of.ID, v.Key, &inGroup, option))
	}
	return stored(v.Key, projectVariable)(s.gitlab.REST().ProjectVariables.UpdateVariable(of.ID, v.Key, &options, option))
}

func (s *Service) delete(ctx context.Context, of gitlab.Key, v Variable) error {
	option := gitlab.RESTContext(transport.WithEffect(ctx, transport.Repeatable))
	options := client.RemoveProjectVariableOptions{Filter: v.filter()}
	var err error
	if of.Kind == gitlab.KindGroup {
		inGroup := client.RemoveGroupVariableOptions(options)
		_, err = s.gitlab.REST().GroupVariables.RemoveVariable(of.ID, v.Key, &inGroup, option)
	} else {
		_, err = s.gitlab.REST().ProjectVariables.RemoveVariable(of.ID, v.Key, &options, option)
	}
	return transport.Wrap(err)
}

func (v Variable) filter() *client.VariableFilter {
	return &client.VariableFilter{EnvironmentScope: v.Scope}
}

func (v Variable) variableType() *client.VariableTypeValue {
	form := client.EnvVariableType
	if v.File {
		form = client.FileVariableType
	}
	return &form
}

// listed stays nil for what was no list.
func listed[T any](list []*T, read func(*T) Variable) []Variable {
	if list == nil {
		return nil
	}
	variables := make([]Variable, 0, len(list))
	for _, element := range list {
		if element != nil {
			variables = append(variables, read(element))
		}
	}
	return variables
}

// stored reads what client-go returns of a request for the variable of a key.
func stored[T any](key string, read func(*T) Variable) func(*T, *client.Response, error) (Variable, error) {
	return func(stored *T, response *client.Response, err error) (Variable, error) {
		if err != nil {
			return Variable{}, gitlab.Answered(err, response)
		}
		if stored == nil || read(stored).Key == "" {
			return Variable{}, gitlab.Answered(gitlab.ErrNothing, response)
		}
		if got := read(stored).Key; got != key {
			other := gitlab.Unasked("the CI/CD variable "+got, "the CI/CD variable "+key)
			other.Status, other.Uncertain = response.StatusCode, true
			return Variable{}, other
		}
		return read(stored), nil
	}
}

func projectVariable(v *client.ProjectVariable) Variable {
	return Variable{
		Key: v.Key, Value: gitlab.NewSecret(v.Value), File: v.VariableType == client.FileVariableType, Protected: v.Protected,
		Masked: v.Masked, Hidden: v.Hidden, Raw: v.Raw, Scope: v.EnvironmentScope, Description: v.Description,
	}.normal()
}

func groupVariable(v *client.GroupVariable) Variable {
	return projectVariable((*client.ProjectVariable)(v))
}
