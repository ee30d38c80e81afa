# Made by ganger export nomad for shop: the next export replaces or removes this file.
job "shop-release" {
  type = "batch"

  # A batch job that is as it was does not run again.
  meta {
    run = uuidv4()
  }

  group "release" {
    count = 1

    restart {
      attempts = 0
      interval = "1m"
      delay    = "1s"
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "wait-for-db" {
      driver = "raw_exec"

      lifecycle {
        hook = "prestart"
      }

      config {
        command = "/bin/sh"
        args    = ["-c", "until [ -s local/there ] && while read -r host port; do { nc -z \"$host\" \"$port\" || bash -c ': <\"/dev/tcp/$0/$1\"' \"$host\" \"$port\"; } 2>/dev/null && break; done <local/there; do sleep 1; done"]
      }

      template {
        data        = "{{ range nomadService \"shop-db\" }}{{ .Address }} {{ .Port }}\n{{ end }}"
        destination = "local/there"
        change_mode = "noop"
      }

      resources {
        cpu    = 20
        memory = 32
      }
    }

    task "release" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/migrate"]
        work_dir = "/srv/shop"
      }

      env {
        PS = "release.${NOMAD_ALLOC_INDEX}"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/shop-release\" }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}"
        destination = "secrets/shop-release.env"
        env         = true
        change_mode = "noop"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }
}
