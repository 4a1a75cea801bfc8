package gitlab

import (
	"context"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

func (c *Client) variablePage(ctx context.Context, of Key, page client.ListOptions) ([]Variable, *client.Response, error) {
	if of.Kind == KindGroup {
		list, response, err := c.REST().GroupVariables.ListVariables(of.ID, &client.ListGroupVariablesOptions{ListOptions: page}, RESTContext(ctx))
		return listedVariables(list, groupVariable), response, err
	}
	list, response, err := c.REST().ProjectVariables.ListVariables(of.ID, &client.ListProjectVariablesOptions{ListOptions: page}, RESTContext(ctx))
	return listedVariables(list, projectVariable), response, err
}

func (c *Client) getVariable(ctx context.Context, of Key, v Variable) (Variable, error) {
	options := client.GetProjectVariableOptions{Filter: v.filter()}
	if of.Kind == KindGroup {
		inGroup := client.GetGroupVariableOptions(options)
		return storedVariable(groupVariable)(c.REST().GroupVariables.GetVariable(of.ID, v.Key, &inGroup, RESTContext(ctx)))
	}
	return storedVariable(projectVariable)(c.REST().ProjectVariables.GetVariable(of.ID, v.Key, &options, RESTContext(ctx)))
}

// postVariable makes a variable. The parameter for hidden ones is GitLab's masked_and_hidden.
func (c *Client) postVariable(ctx context.Context, of Key, v Variable) (Variable, error) {
	value, option := v.Value.Reveal(), RESTContext(transport.WithEffect(ctx, transport.Write))
	options := client.CreateProjectVariableOptions{
		Key: &v.Key, Value: &value, Description: &v.Description, EnvironmentScope: &v.Scope,
		Masked: &v.Masked, Protected: &v.Protected, Raw: &v.Raw, VariableType: v.variableType(),
	}
	if v.Hidden {
		options.MaskedAndHidden = &v.Hidden
	}
	if of.Kind == KindGroup {
		inGroup := client.CreateGroupVariableOptions(options)
		return storedVariable(groupVariable)(c.REST().GroupVariables.CreateVariable(of.ID, &inGroup, option))
	}
	return storedVariable(projectVariable)(c.REST().ProjectVariables.CreateVariable(of.ID, &options, option))
}

// putVariable changes a variable, and its value if that is asked for: what is left out stays as it is. GitLab
// refuses a masked flag for hidden ones, and keeps the scope.
func (c *Client) putVariable(ctx context.Context, of Key, v VariableChange, withValue bool) (Variable, error) {
	option := RESTContext(transport.WithEffect(ctx, transport.Repeatable))
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
	if of.Kind == KindGroup {
		inGroup := client.UpdateGroupVariableOptions(options)
		return storedVariable(groupVariable)(c.REST().GroupVariables.UpdateVariable(of.ID, v.Key, &inGroup, option))
	}
	return storedVariable(projectVariable)(c.REST().ProjectVariables.UpdateVariable(of.ID, v.Key, &options, option))
}

func (c *Client) deleteVariable(ctx context.Context, of Key, v Variable) error {
	option := RESTContext(transport.WithEffect(ctx, transport.Repeatable))
	options := client.RemoveProjectVariableOptions{Filter: v.filter()}
	var err error
	if of.Kind == KindGroup {
		inGroup := client.RemoveGroupVariableOptions(options)
		_, err = c.REST().GroupVariables.RemoveVariable(of.ID, v.Key, &inGroup, option)
	} else {
		_, err = c.REST().ProjectVariables.RemoveVariable(of.ID, v.Key, &options, option)
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

// listedVariables stays nil for what was no list.
func listedVariables[T any](list []*T, read func(*T) Variable) []Variable {
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

// storedVariable reads what client-go returns of a request for one variable.
func storedVariable[T any](read func(*T) Variable) func(*T, *client.Response, error) (Variable, error) {
	return func(stored *T, response *client.Response, err error) (Variable, error) {
		if err != nil {
			return Variable{}, Answered(err, response)
		}
		if stored == nil || read(stored).Key == "" {
			return Variable{}, Answered(ErrNothing, response)
		}
		return read(stored), nil
	}
}

func projectVariable(v *client.ProjectVariable) Variable {
	return Variable{
		Key: v.Key, Value: NewSecret(v.Value), File: v.VariableType == client.FileVariableType, Protected: v.Protected,
		Masked: v.Masked, Hidden: v.Hidden, Raw: v.Raw, Scope: v.EnvironmentScope, Description: v.Description,
	}.normal()
}

func groupVariable(v *client.GroupVariable) Variable {
	return projectVariable((*client.ProjectVariable)(v))
}
