package validate

import (
	"cmp"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"ganger/export"
	"ganger/export/internal/awkward"
)

// objects are what a stream of documents holds.
type objects struct {
	deployments []apps.Deployment
	jobs        []batch.Job
	services    []core.Service
	secrets     []core.Secret
}

// decode reads documents into the types of the API. A field that these have not,
// or that stands twice, is an error.
func decode(t *testing.T, text string) objects {
	t.Helper()
	var all objects
	for document := range strings.SplitSeq(text, "\n---\n") {
		var kind meta.TypeMeta
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatal(err)
		}
		switch kind.APIVersion + " " + kind.Kind {
		case "apps/v1 Deployment":
			all.deployments = append(all.deployments, strict[apps.Deployment](t, document))
		case "batch/v1 Job":
			all.jobs = append(all.jobs, strict[batch.Job](t, document))
		case "v1 Service":
			all.services = append(all.services, strict[core.Service](t, document))
		case "v1 Secret":
			all.secrets = append(all.secrets, strict[core.Secret](t, document))
		default:
			t.Fatalf("what is a %s %s?", kind.APIVersion, kind.Kind)
		}
	}
	return all
}

func strict[T any](t *testing.T, document string) (object T) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	return object
}

func TestKubernetesObjects(t *testing.T) {
	for _, file := range golden(t, "kubernetes", ".yaml") {
		t.Run(file, func(t *testing.T) {
			all := decode(t, read(t, file))
			for _, d := range all.deployments {
				checkMeta(t, d.ObjectMeta)
				checkPod(t, d.Spec.Template)
				checkSelector(t, d.Spec.Selector.MatchLabels, d.Spec.Template.Labels)
			}
			for _, j := range all.jobs {
				checkMeta(t, j.ObjectMeta)
				checkPod(t, j.Spec.Template)
			}
			for _, s := range all.secrets {
				checkMeta(t, s.ObjectMeta)
				for key := range s.StringData {
					problems(t, key, validation.IsConfigMapKey(key))
				}
			}
			for i, s := range all.services {
				checkMeta(t, s.ObjectMeta)
				pod := all.deployments[i].Spec.Template
				checkSelector(t, s.Spec.Selector, pod.Labels)
				if port := pod.Spec.Containers[0].Ports[0]; s.Spec.Ports[0].TargetPort.StrVal != port.Name {
					t.Errorf("the service is for a port %v, which the pod has not", s.Spec.Ports[0].TargetPort)
				}
			}
		})
	}
}

func checkMeta(t *testing.T, m meta.ObjectMeta) {
	t.Helper()
	problems(t, m.Name, validation.IsDNS1035Label(m.Name))
	if m.Namespace != "" {
		problems(t, m.Namespace, validation.IsDNS1123Label(m.Namespace))
	}
	checkLabels(t, m.Labels)
}

func checkLabels(t *testing.T, labels map[string]string) {
	t.Helper()
	for key, value := range labels {
		problems(t, key, validation.IsQualifiedName(key))
		problems(t, value, validation.IsValidLabelValue(value))
	}
}

func checkPod(t *testing.T, pod core.PodTemplateSpec) {
	t.Helper()
	checkLabels(t, pod.Labels)
	for key := range pod.Annotations {
		problems(t, key, validation.IsQualifiedName(key))
	}
	for _, c := range pod.Spec.Containers {
		problems(t, c.Name, validation.IsDNS1123Label(c.Name))
		for _, port := range c.Ports {
			problems(t, port.Name, validation.IsValidPortName(port.Name))
			problems(t, port.Name, validation.IsValidPortNum(int(port.ContainerPort)))
		}
		for _, v := range c.Env {
			problems(t, v.Name, validation.IsEnvVarName(v.Name))
		}
		for _, from := range c.EnvFrom {
			problems(t, from.SecretRef.Name, validation.IsDNS1123Subdomain(from.SecretRef.Name))
		}
	}
}

func checkSelector(t *testing.T, selector, labels map[string]string) {
	t.Helper()
	for key, value := range selector {
		if labels[key] != value {
			t.Errorf("%s=%s is selected, and the pod has %q", key, value, labels[key])
		}
	}
}

func problems(t *testing.T, what string, all []string) {
	t.Helper()
	for _, problem := range all {
		t.Errorf("%q: %s", what, problem)
	}
}

func TestKubernetesValues(t *testing.T) {
	a := newApp(t, export.Options{Image: "shop:1"}, awkward.Arguments)
	format, out := render(t, "kubernetes", a)
	all := decode(t, string(format.Stream(out)))
	if len(all.secrets) != 1 || len(all.deployments) != 1 {
		t.Fatalf("%d secrets, %d deployments", len(all.secrets), len(all.deployments))
	}
	secret := all.secrets[0]
	a.compare(t, func(name string) (string, bool) {
		text, plain := secret.StringData[name]
		data, encoded := secret.Data[name]
		return cmp.Or(text, string(data)), plain != encoded
	})
	var words []string
	for _, word := range all.deployments[0].Spec.Template.Spec.Containers[0].Args {
		words = append(words, awkward.Kubelet(word))
	}
	a.run(t, words)
}
