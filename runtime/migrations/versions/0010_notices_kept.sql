-- What became of a notice long ago is taken away by the follower that decides on notices.
GRANT DELETE ON app.notices TO salesloop_app;
