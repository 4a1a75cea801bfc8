package access

// truth is a condition of which it may not be known whether it holds.
type truth int8

const (
	no    truth = -1
	maybe truth = 0
	yes   truth = 1
)

func holds(condition bool) truth {
	if condition {
		return yes
	}
	return no
}

func not(a truth) truth { return -a }

func all(of ...truth) truth {
	least := yes
	for _, a := range of {
		least = min(least, a)
	}
	return least
}

func anyOf(of ...truth) truth {
	most := no
	for _, a := range of {
		most = max(most, a)
	}
	return most
}

// choose is one of two conditions; where it is not known which, what both of them say.
func choose(which, then, otherwise truth) truth {
	switch {
	case which == yes, which == maybe && then == otherwise:
		return then
	case which == no:
		return otherwise
	}
	return maybe
}

// Maybe is a fact that its reader may not have been shown. The zero value is not known.
type Maybe[T any] struct {
	Value T
	Known bool
}

// Known is a fact that was seen.
func Known[T any](value T) Maybe[T] { return Maybe[T]{Value: value, Known: true} }

// is asks something of a fact.
func is[T any](fact Maybe[T], condition func(T) bool) truth {
	if !fact.Known {
		return maybe
	}
	return holds(condition(fact.Value))
}

func flag(fact Maybe[bool]) truth { return is(fact, func(set bool) bool { return set }) }

func equal[T comparable](fact Maybe[T], value T) truth {
	return is(fact, func(found T) bool { return found == value })
}
