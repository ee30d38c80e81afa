job {{.Job}} {
  {{- range .Attributes}}
  {{.}}
  {{- end}}
{{- if not .Rolls}}

  # A batch job that is as it was does not run again.
  meta {
    run = uuidv4()
  }
{{- end}}
{{- range .Groups}}

  group {{.Name}} {
    count = {{.Count}}
    {{- with .ConfigHash}}

    # Another configuration is another job, which is rolled out.
    meta {
      config = {{.}}
    }
    {{- end}}
    {{- if .Service}}

    network {
      port "http" {}
    }

    service {
      name     = {{.Service}}
      port     = "http"
      provider = "nomad"
      {{- with .Check}}

      check {
        {{- range .}}
        {{.}}
        {{- end}}
      }
      {{- end}}
    }
    {{- end}}
    {{- if $.Rolls}}

    update {
      min_healthy_time = "2s"
    }
    {{- end}}

    restart {
      attempts = {{.Attempts}}
      interval = {{.Interval}}
      delay    = {{.Delay}}
      mode     = {{.Mode}}
    }
    {{- if .Final}}

    reschedule {
      attempts  = 0
      unlimited = false
    }
    {{- end}}
    {{- range .Waits}}

    task {{.Task}} {
      driver = {{.Driver}}

      lifecycle {
        hook = "prestart"
      }

      config {
        {{- range .Config}}
        {{.}}
        {{- end}}
      }

      template {
        data        = {{.Template}}
        destination = "local/there"
        change_mode = "noop"
      }

      resources {
        cpu    = 20
        memory = 32
      }
    }
    {{- end}}

    task {{.Name}} {
      driver       = {{.Driver}}
      kill_signal  = {{.KillSignal}}
      kill_timeout = {{.KillTimeout}}
      {{- with .User}}
      user         = {{.}}
      {{- end}}

      config {
        {{- range .Config}}
        {{.}}
        {{- end}}
      }

      env {
        {{- range .Env}}
        {{.}}
        {{- end}}
      }
      {{- range .Variables}}

      template {
        data        = {{.Template}}
        destination = {{.Destination}}
        env         = true
        change_mode = "noop"
      }
      {{- end}}

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }
{{- end}}
}
