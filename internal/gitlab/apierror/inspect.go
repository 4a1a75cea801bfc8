package apierror

import (
	"errors"
	"fmt"
	"slices"
)

// As returns the first [Error] in err's chain, and whether there is one.
func As(err error) (*Error, bool) {
	var e *Error
	if !errors.As(err, &e) || e == nil {
		return nil, false
	}
	return e, true
}

// Within tells whether the error concerns the field at a place of the answer, or a field below it.
// A place is written as response keys and list indexes.
func (e GraphQLError) Within(place ...string) bool {
	written := make([]string, 0, len(e.Path))
	for _, step := range e.Path {
		written = append(written, fmt.Sprint(step))
	}
	return len(written) >= len(place) && slices.Equal(written[:len(place)], place)
}
