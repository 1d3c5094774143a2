-- The two logins and the role behind them, and an empty database. As PostgreSQL's superuser, once:
--   psql -v owner_password=... -v app_password=... -f roles.sql
-- assize_owner owns the tables and is for `manage.py migrate` and `backup` alone. assize_login is what every other process
-- has: it owns nothing, and is a member of assize_app, whose rights `migrate` sets (assize/grants.py).
\set ON_ERROR_STOP on
CREATE ROLE assize_app NOLOGIN;
CREATE ROLE assize_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE assize_login LOGIN PASSWORD :'app_password';
GRANT assize_app TO assize_owner, assize_login;
CREATE DATABASE assize OWNER assize_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE CONNECT, TEMPORARY ON DATABASE assize FROM PUBLIC;
GRANT CONNECT ON DATABASE assize TO assize_login;
