package env

// Layer puts the variables of files, of which later ones win, over the outer
// environment, or under it where override is false: then a variable that is set
// outside keeps its value.
//
// replaced names, in the order of the files, the variables that stood on both sides
// with different values: with override those whose outer value was replaced, without
// it those whose value in the files was passed over.
func Layer(outer Vars, files []*File, override bool) (v Vars, replaced []string) {
	list := outer.Environ()
	values := make(map[string]string)
	for _, file := range files {
		for _, pair := range file.Pairs {
			values[pair.Name] = pair.Value
		}
	}
	for _, file := range files {
		for _, pair := range file.Pairs {
			value, pending := values[pair.Name]
			if !pending {
				continue
			}
			delete(values, pair.Name)
			old, set := outer.Lookup(pair.Name)
			if set && old != value {
				replaced = append(replaced, pair.Name)
			}
			if override || !set {
				list = append(list, pair.Name+"="+value)
			}
		}
	}
	return Vars{base: unique(list)}, replaced
}
