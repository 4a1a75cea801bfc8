package core

// Move gives an object another address, as a moved block does.
func (s State) Move(from, to string) {
	if object := s.Current[from]; object != nil && s.Current[to] == nil {
		s.Current[to] = object
		delete(s.Current, from)
	}
	if deposed := s.Deposed[from]; len(deposed) > 0 {
		s.Deposed[to] = append(s.Deposed[to], deposed...)
		delete(s.Deposed, from)
	}
}

// Forget drops an object without a write, as a removed block with destroy = false does.
func (s State) Forget(address string) {
	delete(s.Current, address)
	delete(s.Deposed, address)
}

// Taint marks an object for replacement.
func (s State) Taint(address string) {
	if object := s.Current[address]; object != nil {
		object.Tainted = true
	}
}
