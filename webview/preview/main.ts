/** Entry of the page that previews a dump. */
import '../ui/theme.css';
import '../ui/toolkit.ts';
import './preview-app.ts';

document.body.append(document.createElement('preview-app'));
