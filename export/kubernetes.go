package export

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"ganger/procfile"
)

func kubernetesFormat() Format {
	return Format{
		Name: "kubernetes", Summary: "a Deployment a type, with its Service; a Job for release; a Secret",
		Streams: true, join: "---\n",
		comment: comment{open: "# "}, templates: "kubernetes",
		make: func(r *renderer) { kubernetes{r, r.dnsNames(r.Name + "-")}.render() },
		gone: func(file string) string {
			if strings.HasSuffix(file, "-secret.yaml") {
				return ""
			}
			return "kubectl delete deployment,service --ignore-not-found " + strings.TrimSuffix(file, ".yaml")
		},
	}
}

type kubernetes struct {
	*renderer
	names map[string]string // of the objects, by type
}

// kubernetesPod is what the templates deployment, job and pod are filled with.
// Strings that are not labels are quoted.
type kubernetesPod struct {
	Name, Namespace, App, Component string
	JobName                         string // changes with what it runs, since a Job cannot be changed
	ConfigHash                      string // a change of configuration is a rollout
	Replicas, BackoffLimit          int
	GracePeriod                     int // seconds
	RestartPolicy                   string
	RunAsUser                       string
	Image, Args, WorkingDir, TTY    string
	Secrets                         []string
	Env                             []Var
	Port                            int
	Probe                           []string // lines
	PreStop                         string
	Pod                             string // the rendered pod.yaml
}

func (k kubernetes) render() {
	k.checkVars(secretKey, utf8Value)
	k.folderWarnings()
	k.peerWarning(func(t Type) string { return k.names[t.Name] })
	k.secrets()
	// What runs to its end stands first: kubectl takes a stream in order.
	for _, t := range k.Types {
		if t.Step() {
			k.workload(t, "job.yaml")
		}
	}
	for _, t := range k.Types {
		if !t.Step() {
			k.workload(t, "deployment.yaml")
		}
	}
	k.hints()
}

// secrets makes one Secret of the app's values and one of each type's own.
func (k kubernetes) secrets() {
	var text strings.Builder
	add := func(name string, vars []Var) {
		if len(vars) == 0 {
			return
		}
		var plain, encoded []Var
		for _, v := range vars {
			if strings.IndexFunc(v.Value, hardControl) < 0 {
				plain = append(plain, Var{Name: yamlQuote(v.Name), Value: yamlQuote(v.Value)})
			} else {
				encoded = append(encoded, Var{Name: yamlQuote(v.Name), Value: base64.StdEncoding.EncodeToString([]byte(v.Value))})
			}
		}
		one, err := k.execute("secret.yaml", map[string]any{
			"Name": name, "Namespace": k.namespace(), "App": dnsName(k.Name), "Plain": plain, "Encoded": encoded,
		})
		if err != nil {
			k.refused = append(k.refused, err)
		}
		if text.Len() > 0 {
			text.WriteString("---\n")
		}
		text.Write(one)
	}
	add(dnsName(k.Name)+"-env", k.Config)
	for _, t := range k.Types {
		add(k.names[t.Name]+"-env", t.Config)
	}
	if text.Len() > 0 {
		k.addText(k.Name+"-secret.yaml", 0o600, true, []byte(text.String()))
	}
}

// hardControl are characters that the API server refuses in what kubectl apply
// --server-side sends, however they were escaped.
func hardControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

func (k kubernetes) workload(t Type, template string) {
	pod := k.pod(t)
	text, err := k.execute("pod.yaml", pod)
	if err != nil {
		k.refused = append(k.refused, err)
		return
	}
	pod.Pod = strings.TrimSuffix(string(text), "\n")
	sum := sha256.Sum256(text)
	pod.JobName = fmt.Sprintf("%.52s-%x", pod.Name, sum[:5])
	k.add(k.names[t.Name]+".yaml", template, 0o644, false, pod)
	k.warnings(t)
}

func (k kubernetes) pod(t Type) kubernetesPod {
	set := t.Settings
	args, dir := k.container(t)
	p := kubernetesPod{
		Name: k.names[t.Name], Namespace: k.namespace(), App: dnsName(k.Name), Component: dnsName(t.Name),
		ConfigHash:  yamlQuote(configHash(k.config(t))),
		Replicas:    len(t.Processes),
		GracePeriod: seconds(set.StopTime()),
		Image:       yamlQuote(k.image()),
		Args:        list(args, kubernetesQuote),
		PreStop:     k.preStop(t),
	}
	if dir != "" {
		p.WorkingDir = yamlQuote(dir)
	}
	if set.TTY == procfile.TTYAlways {
		p.TTY = "true"
	}
	if _, err := strconv.Atoi(k.User); err == nil {
		p.RunAsUser = k.User
	}
	if len(k.Config) > 0 {
		p.Secrets = append(p.Secrets, dnsName(k.Name)+"-env")
	}
	if len(t.Config) > 0 {
		p.Secrets = append(p.Secrets, p.Name+"-env")
	}
	for _, v := range k.given(t, Process{Port: t.Port}) {
		if v.Name != "PS" {
			p.Env = append(p.Env, Var{Name: v.Name, Value: kubernetesQuote(v.Value)})
		}
	}
	if t.Step() {
		p.RestartPolicy, p.BackoffLimit = "Never", set.Restart.Max
		if !t.Release() && set.Restart.Policy != procfile.Never && set.Restart.Max == 0 {
			p.BackoffLimit = 1000
		}
		return p
	}
	p.Port = t.Port
	p.Probe = kubernetesProbe(t)
	return p
}

// kubernetesProbe are the lines of the probe.
func kubernetesProbe(t Type) []string {
	switch probe := t.probe(); probe.Kind {
	case ReadyPort:
		return []string{"tcpSocket:", fmt.Sprintf("  port: %d", t.Port)}
	case ReadyTCP:
		return []string{"tcpSocket:", "  host: " + yamlQuote(probe.Host), "  port: " + probe.Port}
	case ReadyHTTP:
		return []string{"httpGet:", "  path: " + yamlQuote(probe.Path), fmt.Sprintf("  port: %d", t.Port)}
	}
	return nil
}

// preStop runs before the stop signal, which is TERM: the stop command, and
// another signal, after which it waits for the end. Both need a shell in the
// image.
func (k kubernetes) preStop(t Type) string {
	var steps []string
	if t.Settings.StopCommand != "" {
		steps = append(steps, t.Settings.StopCommand)
	}
	if name := strings.TrimPrefix(procfile.SignalName(t.Settings.StopSignal), "SIG"); name != "TERM" {
		steps = append(steps, "kill -"+name+" 1; while kill -0 1 2>/dev/null; do sleep 0.1; done")
	}
	if len(steps) == 0 {
		return ""
	}
	return list(shellArgs(strings.Join(steps, "; ")), kubernetesQuote)
}

func (k kubernetes) warnings(t Type) {
	if t.Settings.Restart.Policy == procfile.Never && !t.Step() {
		k.warn("%s: Kubernetes starts a Deployment's processes again whenever they end: restart=no is left out", t.Name)
	}
	if t.Ready.Kind == ReadyLog {
		k.readyWarning(t)
	}
	k.inputWarning(t)
	k.successWarning(t)
	if !t.Step() {
		k.countWarning(t)
	}
	k.orderWarning(t, "what ends for want of it is started again until it is there")
	k.stopWarning(t)
	if k.User != "" {
		if _, err := strconv.Atoi(k.User); err != nil {
			k.warn("Kubernetes knows users by number: -u %s is left out", k.User)
		}
	}
}

func (k kubernetes) namespace() string {
	if k.Namespace == "" {
		return ""
	}
	return yamlQuote(k.Namespace)
}

func (k kubernetes) hints() {
	k.imageHint()
	if release, ok := k.release(); ok {
		if k.hasConfig() {
			k.hint("kubectl apply -f LOCATION/%s-secret.yaml", k.Name)
		}
		file := k.names[release.Name] + ".yaml"
		k.hint("kubectl apply -f LOCATION/%s && kubectl wait --for=condition=complete --timeout=10m -f LOCATION/%s", file, file)
	}
	k.hint("kubectl apply -f LOCATION")
}

// configHash stands for all values of a configuration.
func configHash(vars []Var) string {
	h := sha256.New()
	for _, v := range vars {
		fmt.Fprintf(h, "%s=%d:%s\n", v.Name, len(v.Value), v.Value)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// secretKey is the reason why a variable's name cannot be a key of a Secret.
func secretKey(name string) string { return composeName(name) }
