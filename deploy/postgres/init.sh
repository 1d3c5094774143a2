#!/bin/sh
# Run once by the postgres image, when its data folder is empty.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres \
    -v owner_password="$(cat /run/secrets/database_owner_password)" \
    -v app_password="$(cat /run/secrets/database_app_password)" \
    -f /roles.sql
