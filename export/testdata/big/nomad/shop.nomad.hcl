# Made by ganger export nomad for shop: the next export replaces or removes this file.
job "shop" {
  type = "service"

  group "type0" {
    count = 12

    network {
      port "http" {}
    }

    service {
      name     = "shop-type0"
      port     = "http"
      provider = "nomad"

      check {
        type     = "tcp"
        interval = "2s"
        timeout  = "2s"
      }
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "type0" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/type0 --port $PORT"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "type0.${NOMAD_ALLOC_INDEX}"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }

  group "type1" {
    count = 1

    network {
      port "http" {}
    }

    service {
      name     = "shop-type1"
      port     = "http"
      provider = "nomad"
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "type1" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/type1 --port $PORT"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "type1.${NOMAD_ALLOC_INDEX}"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }

  group "type2" {
    count = 3

    network {
      port "http" {}
    }

    service {
      name     = "shop-type2"
      port     = "http"
      provider = "nomad"
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "type2" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/type2 --port $PORT"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "type2.${NOMAD_ALLOC_INDEX}"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }

  group "type4" {
    count = 2

    network {
      port "http" {}
    }

    service {
      name     = "shop-type4"
      port     = "http"
      provider = "nomad"
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "type4" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/type4 --port $PORT"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "type4.${NOMAD_ALLOC_INDEX}"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }

  group "type5" {
    count = 1

    network {
      port "http" {}
    }

    service {
      name     = "shop-type5"
      port     = "http"
      provider = "nomad"
    }

    update {
      min_healthy_time = "2s"
    }

    restart {
      attempts = 30
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    task "type5" {
      driver       = "raw_exec"
      kill_signal  = "SIGTERM"
      kill_timeout = "5s"

      config {
        command  = "/bin/sh"
        args     = ["-c", "exec bin/type5 --port $PORT"]
        work_dir = "/srv/shop"
      }

      env {
        PORT = "${NOMAD_PORT_http}"
        PS   = "type5.${NOMAD_ALLOC_INDEX}"
      }

      resources {
        cpu    = 100
        memory = 300
      }
    }
  }
}
