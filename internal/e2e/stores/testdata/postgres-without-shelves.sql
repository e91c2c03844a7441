-- What pg_dump --no-owner --inserts wrote of a store that a version of this package without shelves made.
--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: cairn_lease; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cairn_lease (
    name text NOT NULL,
    holder bytea NOT NULL,
    until timestamp with time zone NOT NULL
);

--
-- Name: cairn_record; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cairn_record (
    run uuid NOT NULL,
    due timestamp with time zone,
    expires timestamp with time zone,
    log bytea NOT NULL,
    customer bytea,
    journey bytea,
    stage bytea
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');

--
-- Name: TABLE cairn_record; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.cairn_record IS 'Cairn store, version 1';

--
-- Data for Name: cairn_lease; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cairn_lease VALUES ('count', '\x696e7374616e63652031', '2126-11-05 00:59:48.205619+00');

--
-- Data for Name: cairn_record; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.cairn_record VALUES ('01000000-0000-0000-0000-000000000000', '1970-01-01 00:16:40+00', NULL, '\x64756500', '\x616c696365', NULL, NULL);
INSERT INTO public.cairn_record VALUES ('05000000-0000-0000-0000-000000000000', NULL, NULL, '\x', NULL, NULL, NULL);
INSERT INTO public.cairn_record VALUES ('02000000-0000-0000-0000-000000000000', '9000-01-01 00:00:00+00', NULL, '\x706c61636564', '\x626f62', '\x636865636b6f7574', '\x63617274');
INSERT INTO public.cairn_record VALUES ('03000000-0000-0000-0000-000000000000', NULL, '2126-11-05 00:59:48.196007+00', '\x656e64', NULL, NULL, NULL);
INSERT INTO public.cairn_record VALUES ('04000000-0000-0000-0000-000000000000', NULL, '2026-11-29 00:59:48.197095+00', '\x6f6c6420656e64', NULL, NULL, NULL);

--
-- Name: cairn_lease cairn_lease_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cairn_lease
    ADD CONSTRAINT cairn_lease_pkey PRIMARY KEY (name);

--
-- Name: cairn_record cairn_record_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cairn_record
    ADD CONSTRAINT cairn_record_pkey PRIMARY KEY (run);

--
-- Name: cairn_record_customer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cairn_record_customer ON public.cairn_record USING btree (customer) WHERE (customer IS NOT NULL);

--
-- Name: cairn_record_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cairn_record_due ON public.cairn_record USING btree (due) WHERE (due IS NOT NULL);

--
-- Name: cairn_record_expires; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cairn_record_expires ON public.cairn_record USING btree (expires) WHERE (expires IS NOT NULL);

--
-- Name: cairn_record_place; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cairn_record_place ON public.cairn_record USING btree (journey, stage) WHERE (journey IS NOT NULL);

--
-- PostgreSQL database dump complete
--

