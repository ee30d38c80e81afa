package output

// SetTypes gives process types their colours, in this order: so a type has the
// same one whoever is started first. One that has a colour keeps it, and one
// that is not named gets its own when it comes. It returns at once.
func (m *Mux) SetTypes(types []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, typ := range types {
		if _, ok := m.types[typ]; !ok {
			m.types[typ] = len(m.types)
		}
	}
}
