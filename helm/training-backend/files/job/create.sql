-- The user :user and the database :database; safe when repeated.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET lock_timeout = '120s';
SELECT pg_advisory_lock(hashtext('training-backend.create')) \g /dev/null
SELECT format('CREATE ROLE %I LOGIN', :'user') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
\password :"user"
-- RDS's administrator is no superuser: who gives a database to a role must be in it.
SELECT format('GRANT %I TO CURRENT_USER', :'user') FROM pg_roles WHERE rolname = CURRENT_USER AND NOT rolsuper \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'user') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \gexec
\echo database :database and user :user are there
