package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-envparse"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"ganger/export"
	"ganger/export/internal/awkward"
)

// parse reads a job, which is to be written as nomad fmt writes it.
func parse(t *testing.T, text string) *hclsyntax.Body {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(text), "job.nomad.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if formatted := hclwrite.Format([]byte(text)); !bytes.Equal(formatted, []byte(text)) {
		t.Errorf("nomad fmt makes it\n%s", formatted)
	}
	return file.Body.(*hclsyntax.Body)
}

// onReading are variables and functions as a job has them when it is read: Nomad
// leaves the names of its run time as they are.
func onReading() *hcl.EvalContext {
	names := map[string]cty.Value{}
	for _, name := range []string{"NOMAD_ALLOC_INDEX", "NOMAD_PORT_http"} {
		names[name] = cty.StringVal("${" + name + "}")
	}
	uuid := function.New(&function.Spec{
		Type: function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) { return cty.StringVal("0000"), nil },
	})
	return &hcl.EvalContext{Variables: names, Functions: map[string]function.Function{"uuidv4": uuid}}
}

// walk evaluates all attributes of a body and of the blocks within.
func walk(t *testing.T, body *hclsyntax.Body) {
	t.Helper()
	for name, a := range body.Attributes {
		if _, diags := a.Expr.Value(onReading()); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
	for _, block := range body.Blocks {
		walk(t, block.Body)
	}
}

func TestNomadJobs(t *testing.T) {
	for _, file := range golden(t, "nomad", ".nomad.hcl") {
		t.Run(file, func(t *testing.T) {
			job := parse(t, read(t, file))
			if len(job.Blocks) != 1 || job.Blocks[0].Type != "job" {
				t.Fatal("not one job")
			}
			walk(t, job)
		})
	}
}

// Twice, since a script with characters that HCL composes is written in another
// way.
func TestNomadValues(t *testing.T) {
	for name, arguments := range map[string]func([]string) []string{"all": awkward.Arguments, "none that composes": plainArguments} {
		t.Run(name, func(t *testing.T) { testNomadValues(t, newApp(t, export.Options{}, arguments)) })
	}
}

func plainArguments(values []string) []string {
	return slices.DeleteFunc(awkward.Arguments(values), func(v string) bool {
		return strings.ContainsFunc(v, func(r rune) bool { return r >= 0x300 })
	})
}

func testNomadValues(t *testing.T, a app) {
	t.Helper()
	_, out := render(t, "nomad", a)
	for _, f := range out.Files {
		switch {
		case strings.HasSuffix(f.Path, ".nomad.hcl"):
			config := block(t, block(t, block(t, block(t, parse(t, string(f.Text)), "job"), "group"), "task"), "config")
			words := []string{evaluated(t, config, "command").AsString()}
			for _, word := range evaluated(t, config, "args").AsValueSlice() {
				words = append(words, onNode(t, word.AsString()))
			}
			a.run(t, words)
		case strings.HasSuffix(f.Path, ".nv.json"):
			vars := nodeEnvironment(t, f.Text)
			a.compare(t, func(name string) (string, bool) { value, ok := vars[name]; return value, ok })
		}
	}
}

func block(t *testing.T, body *hclsyntax.Body, kind string) *hclsyntax.Body {
	t.Helper()
	for _, b := range body.Blocks {
		if b.Type == kind {
			return b.Body
		}
	}
	t.Fatalf("no %s", kind)
	return nil
}

func evaluated(t *testing.T, body *hclsyntax.Body, name string) cty.Value {
	t.Helper()
	value, diags := body.Attributes[name].Expr.Value(onReading())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return value
}

// onNode is what a driver gets of a string: it is a template once more there.
func onNode(t *testing.T, s string) string {
	t.Helper()
	expr, diags := hclsyntax.ParseTemplate([]byte(s), "config", hcl.InitialPos)
	if !diags.HasErrors() {
		var value cty.Value
		if value, diags = expr.Value(nil); !diags.HasErrors() {
			return value.AsString()
		}
	}
	t.Fatal(diags)
	return ""
}

// nodeEnvironment are the variables that a job's template makes of a Nomad
// variable, a line each, and Nomad reads.
func nodeEnvironment(t *testing.T, text []byte) map[string]string {
	t.Helper()
	var variable struct{ Items map[string]string }
	if err := json.Unmarshal(text, &variable); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for name, value := range variable.Items {
		quoted, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "%s=%s\n", name, quoted)
	}
	vars, err := envparse.Parse(strings.NewReader(lines.String()))
	if err != nil {
		t.Fatal(err)
	}
	return vars
}
