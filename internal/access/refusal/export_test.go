package refusal

// RulesOf are the names of the rules that meet a text.
func RulesOf(text string) (names []string) {
	for _, r := range rules {
		if r.pattern.MatchString(text) {
			names = append(names, r.name)
		}
	}
	return names
}

// AllRules are the names of all rules.
func AllRules() (names []string) {
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}
