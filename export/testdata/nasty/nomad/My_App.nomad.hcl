# Made by ganger export nomad for My_App: the next export replaces or removes this file.
job "My_App" {
  type      = "service"
  namespace = "prod"

  group "Web_1" {
    count = 1

    # Another configuration is another job, which is rolled out.
    meta {
      config = "c335dcaf2b943c3c"
    }

    network {
      port "http" {}
    }

    service {
      name     = "my-app-web-1"
      port     = "http"
      provider = "nomad"
    }

    update {
      min_healthy_time = "2s"
    }

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

    task "Web_1" {
      driver       = "docker"
      kill_signal  = "SIGINT"
      kill_timeout = "1m30s"
      user         = "deploy"

      config {
        image = "example.com/my/app:1"
        args  = ["/bin/sh", "-c", "cd 'a$b%i' || exit; A=1 bin/web 'it''s' \"50% $PORT $$${HOME} $(id)\" \\; '# ; %i $$ %%%{x} $$${x}' é | tee log"]
        init  = true
        ports = ["http"]
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "Web_1.${NOMAD_ALLOC_INDEX}"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/My_App\" }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}"
        destination = "secrets/My_App.env"
        env         = true
        change_mode = "noop"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/My_App/Web_1\" }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}"
        destination = "secrets/My_App-Web_1.env"
        env         = true
        change_mode = "noop"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }

  group "worker" {
    count = 1

    # Another configuration is another job, which is rolled out.
    meta {
      config = "66f6fa897ef91bbc"
    }

    network {
      port "http" {}
    }

    service {
      name     = "my-app-worker"
      port     = "http"
      provider = "nomad"
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 3
      interval = "24h"
      delay    = "2s"
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "worker" {
      driver       = "docker"
      kill_signal  = "SIGTERM"
      kill_timeout = "1ms"
      user         = "deploy"

      config {
        image = "example.com/my/app:1"
        args  = ["bin/worker"]
        init  = true
        ports = ["http"]
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "worker.${NOMAD_ALLOC_INDEX}"
      }

      template {
        data        = "{{ with nomadVar \"nomad/jobs/My_App\" }}{{ range .Tuples }}{{ .K }}={{ .V | toJSON }}\n{{ end }}{{ end }}"
        destination = "secrets/My_App.env"
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
