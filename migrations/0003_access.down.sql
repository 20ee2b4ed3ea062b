-- Every token is lost: only the organiser's key lets in.

DROP TABLE tokens;
DROP TYPE token_scope;
