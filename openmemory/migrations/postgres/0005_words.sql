-- Number words and negations that older versions took for ordinary words. A memory with one of them is looked at again
-- for every question and new memory, as if it had no keys.
WITH words (word) AS (VALUES
    ('thirteen'), ('dreizehn'), ('trece'), ('fourteen'), ('vierzehn'), ('catorce'), ('fifteen'),
    ('funfzehn'), ('sixteen'), ('sechzehn'), ('dieciseis'), ('seventeen'), ('siebzehn'),
    ('diecisiete'), ('eighteen'), ('achtzehn'), ('dieciocho'), ('nineteen'), ('neunzehn'),
    ('diecinueve'), ('veintiuno'), ('veintiun'), ('veintiuna'), ('veintidos'), ('veintitres'),
    ('veinticuatro'), ('veinticinco'), ('veintiseis'), ('veintisiete'), ('veintiocho'),
    ('veintinueve'), ('thirty'), ('dreissig'), ('treinta'), ('forty'), ('vierzig'), ('cuarenta'),
    ('fifty'), ('funfzig'), ('cincuenta'), ('sixty'), ('sechzig'), ('sesenta'), ('seventy'),
    ('siebzig'), ('setenta'), ('eighty'), ('achtzig'), ('ochenta'), ('ninety'), ('neunzig'),
    ('noventa'), ('doscientos'), ('doscientas'), ('trescientos'), ('trescientas'),
    ('cuatrocientos'), ('cuatrocientas'), ('quinientos'), ('quinientas'), ('seiscientos'),
    ('seiscientas'), ('setecientos'), ('setecientas'), ('ochocientos'), ('ochocientas'),
    ('novecientos'), ('novecientas'), ('thousand'), ('tausend'),
    ('ni'), ('keines'), ('keins'), ('keinerlei'), ('keinesfalls'), ('keineswegs'), ('ne'), ('non'),
    ('pas'), ('jamais'), ('rien'), ('aucun'), ('aucune'), ('niente'), ('nessun'), ('nessuna'),
    ('nessuno'), ('nao'), ('nem'), ('nenhum'), ('nenhuma'), ('ninguem'), ('niet'), ('geen'),
    ('nooit'), ('niets'), ('nigdy'), ('nic'), ('nikt'), ('zaden'), ('zadna'), ('zadne'), ('sans'),
    ('senza'), ('sem'), ('bez'), ('zonder')
)
UPDATE memories
SET terms = NULL, claim = NULL
WHERE terms IS NOT NULL
    AND EXISTS (SELECT 1 FROM words WHERE strpos(terms, chr(10) || word || chr(10)) > 0);
